/** The types declare it as always present, but it exists only in secure contexts. */
type MaybeLocking = Omit<Navigator, 'locks'> & { readonly locks?: LockManager };

/**
 * Makes one of the tabs of this page the one that notifies. Another one follows when it is closed. Returns whether it is this tab, and the function that
 * ends this.
 */
export function becomeLeader(name: string): { readonly isLeader: () => boolean; readonly stop: () => void } {
  const { locks } = navigator as MaybeLocking;
  if (locks === undefined) return { isLeader: () => true, stop: () => undefined };
  let isLeader = false;
  const ended = new AbortController();
  const held = new Promise<void>((resolve) => ended.signal.addEventListener('abort', () => resolve()));
  const hold = () => {
    isLeader = true;
    return held;
  };
  // It is rejected if it ends while another tab has the lock.
  locks.request(name, { signal: ended.signal }, hold).catch(() => undefined);
  return {
    isLeader: () => isLeader,
    stop: () => {
      isLeader = false;
      ended.abort();
    },
  };
}
