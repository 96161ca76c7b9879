/** How long after the page was loaded the worker is started, in milliseconds: it loads all files of the page. */
const delayMs = 3000;

/** The types declare it as always present, but it exists only in secure contexts (HTTPS and localhost). */
type MaybeWorking = Omit<Navigator, 'serviceWorker'> & { readonly serviceWorker?: ServiceWorkerContainer };

/** Lets the page open while the relay is away. Without a service worker, it opens only while the relay answers. Called once at startup. */
export function startServiceWorker(): void {
  const { serviceWorker } = navigator as MaybeWorking;
  if (serviceWorker === undefined || !import.meta.env.PROD) return;
  const register = () => {
    // A relay of an earlier version has no worker.
    serviceWorker.register(new URL('sw.js', document.baseURI), { updateViaCache: 'none' }).catch(() => undefined);
  };
  addEventListener('load', () => setTimeout(register, delayMs));
}
