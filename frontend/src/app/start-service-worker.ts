import { serviceWorkers, workerAddress } from '../features/relay/service-worker';

/** How long after the page was loaded the worker is started, in milliseconds: it loads all files of the page. */
const delayMs = 3000;

/** Lets the page open while the relay is away. Without a service worker, it opens only while the relay answers. Called once at startup. */
export function startServiceWorker(): void {
  const container = serviceWorkers();
  if (container === undefined || !import.meta.env.PROD) return;
  const register = () => {
    // A relay of an earlier version has no worker.
    container.register(workerAddress(), { updateViaCache: 'none' }).catch(() => undefined);
  };
  addEventListener('load', () => setTimeout(register, delayMs));
}
