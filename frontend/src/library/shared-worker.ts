import { SharedHub } from '../state/shared-hub';

// The SharedWorker of `SharedRelayClient`: new SharedWorker(new URL('cecelia-client/shared-worker', import.meta.url), { type: 'module' }).
const hub = new SharedHub();

addEventListener('connect', (event) => {
  for (const port of (event as MessageEvent).ports) hub.accept(port);
});
