import type { Unsubscribe } from './relay-connection';

/** Whether the page is hidden, and whether there is a network. Outside a page: visible and online. */
export interface Presence {
  readonly hidden: boolean;
  readonly online: boolean;
  /** Calls `changed` when either has changed, and when the page is restored from the back/forward cache. */
  watch(changed: () => void): Unsubscribe;
}

export const pagePresence: Presence = {
  get hidden() {
    return typeof document !== 'undefined' && document.visibilityState === 'hidden';
  },
  get online() {
    return typeof document === 'undefined' || navigator.onLine;
  },
  watch(changed) {
    if (typeof window === 'undefined') return () => undefined;
    const stop = new AbortController();
    const { signal } = stop;
    document.addEventListener('visibilitychange', changed, { signal });
    for (const event of ['online', 'offline', 'pageshow']) window.addEventListener(event, changed, { signal });
    return () => stop.abort();
  },
};
