import { useRelay } from 'cecelia-client/react';
import type { LiveView } from 'cecelia-client/state';
import { useEffect, useState } from 'react';

/** Like `useVersion`, but rerenders at most once per `intervalMs`. For lists that change faster than they can be read, and for expensive computations. */
export function useThrottledVersion(of: Parameters<LiveView['version']>[0], intervalMs: number): number {
  const { view } = useRelay();
  const [version, setVersion] = useState(() => view.version(of));
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const take = () => {
      timer = undefined;
      setVersion(view.version(of));
    };
    const soon = setTimeout(take, 0);
    const unsubscribe = view.subscribe(() => {
      timer ??= setTimeout(take, intervalMs);
    });
    return () => {
      clearTimeout(soon);
      clearTimeout(timer);
      unsubscribe();
    };
  }, [view, of, intervalMs]);
  return version;
}
