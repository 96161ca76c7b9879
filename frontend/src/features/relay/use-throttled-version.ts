import { useRelay } from 'cecelia-client/react';
import type { LiveView } from 'cecelia-client/state';
import { useEffect, useState } from 'react';
import { usePacedSubscribe } from './paced';

/** Like `useVersion`, but rerenders at most once per `intervalMs`. */
export function useThrottledVersion(of: Parameters<LiveView['version']>[0], intervalMs: number): number {
  const { view } = useRelay();
  const subscribe = usePacedSubscribe(intervalMs);
  const [version, setVersion] = useState(() => view.version(of));
  useEffect(() => {
    const take = () => setVersion(view.version(of));
    const soon = setTimeout(take, 0);
    const unsubscribe = subscribe(take);
    return () => {
      clearTimeout(soon);
      unsubscribe();
    };
  }, [view, of, subscribe]);
  return version;
}
