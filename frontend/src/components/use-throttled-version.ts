import { useEffect, useState } from 'react';
import { useRelay } from './relay-context';
import type { LiveView } from '../state/live-view';

/** As `useVersion`, but at most once in `everyMs`: for what nobody could read faster, or what takes a look at everything. */
export function useThrottledVersion(of: Parameters<LiveView['version']>[0], everyMs: number): number {
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
      timer ??= setTimeout(take, everyMs);
    });
    return () => {
      clearTimeout(soon);
      clearTimeout(timer);
      unsubscribe();
    };
  }, [view, of, everyMs]);
  return version;
}
