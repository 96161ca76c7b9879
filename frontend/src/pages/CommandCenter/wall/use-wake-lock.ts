import { useEffect, useState } from 'react';

/** The types declare it as always present, but it exists only in secure contexts (HTTPS and localhost). */
type MaybeLocking = Omit<Navigator, 'wakeLock'> & { readonly wakeLock?: WakeLock };

const retryMs = 30_000;

/** Keeps the screen on while the page is visible. Returns whether it does; `null` until this is known. */
export function useWakeLock(): boolean | null {
  const [isHeld, setHeld] = useState<boolean | null>(null);
  useEffect(() => {
    let lock: WakeLockSentinel | null = null;
    const ended = new AbortController();
    const isEnded = () => ended.signal.aborted;
    let isPending = false;
    const acquire = async () => {
      const { wakeLock } = navigator as MaybeLocking;
      if (wakeLock === undefined) {
        setHeld(false);
        return;
      }
      if (isEnded() || isPending || document.visibilityState !== 'visible' || lock?.released === false) return;
      isPending = true;
      try {
        lock = await wakeLock.request('screen');
        if (isEnded()) return void lock.release();
        lock.addEventListener('release', () => {
          if (!isEnded() && document.visibilityState === 'visible') setHeld(false);
        });
        setHeld(true);
      } catch {
        // The system refuses it, for example to save its battery. It is asked again.
        setHeld(false);
      } finally {
        isPending = false;
      }
    };
    const again = () => void acquire();
    again();
    // The browser releases the lock when the page is hidden.
    document.addEventListener('visibilitychange', again);
    const timer = setInterval(again, retryMs);
    return () => {
      ended.abort();
      document.removeEventListener('visibilitychange', again);
      clearInterval(timer);
      void lock?.release();
    };
  }, []);
  return isHeld;
}
