/** The types declare it as always present, but it exists only in secure contexts (HTTPS and localhost). */
type MaybeWorking = Omit<Navigator, 'serviceWorker'> & { readonly serviceWorker?: ServiceWorkerContainer };

export function serviceWorkers(): ServiceWorkerContainer | undefined {
  return (navigator as MaybeWorking).serviceWorker;
}

/** The address of the page's own worker. Another page may have one for the whole host. */
export function workerAddress(): string {
  return new URL('sw.js', document.baseURI).href;
}
