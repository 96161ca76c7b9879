/** The types declare it as always present, but it exists only in secure contexts. */
type MaybeLocking = Omit<Navigator, 'locks'> & { readonly locks?: LockManager };

/** Whether this tab is the one that notifies; `null`: not known yet. */
type IsLeader = boolean | null;

/**
 * Makes one of the tabs of this page the one that notifies. Another one follows when it is closed. Returns whether it is this tab, and the function that
 * ends this. `onKnown` is called when that is known for the first time, not before this function has returned.
 */
export function becomeLeader(name: string, onKnown: () => void): { readonly isLeader: () => IsLeader; readonly stop: () => void } {
  const { locks } = navigator as MaybeLocking;
  if (locks === undefined) return { isLeader: () => true, stop: () => undefined };
  let isLeader: IsLeader = null;
  const ended = new AbortController();
  const held = new Promise<void>((resolve) => ended.signal.addEventListener('abort', () => resolve()));
  const hold = (lock: Lock | null) => {
    if (ended.signal.aborted) return undefined;
    const isKnown = isLeader !== null;
    isLeader = lock !== null;
    if (!isKnown) onKnown();
    if (lock !== null) return held;
    // It is rejected if this tab ends while another one has the lock.
    locks.request(name, { signal: ended.signal }, hold).catch(() => undefined);
    return undefined;
  };
  void locks.request(name, { ifAvailable: true }, hold);
  return {
    isLeader: () => isLeader,
    stop: () => {
      isLeader = false;
      ended.abort();
    },
  };
}
