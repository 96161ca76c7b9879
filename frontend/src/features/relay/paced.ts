import { useRelay } from 'cecelia-client/react';
import type { LiveView } from 'cecelia-client/state';
import { useMemo } from 'react';

type Subscribe = LiveView['subscribe'];

/**
 * Returns a `subscribe` that calls its listener at most once per `intervalMs`: with the first change at once, so that a single event is shown in its frame,
 * and then for all changes of an interval together. For lists that change faster than they can be read, and for expensive computations.
 */
export function paced(subscribe: Subscribe, intervalMs: number): Subscribe {
  return (listener) => {
    let calledAt = -Infinity;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const call = () => {
      timer = undefined;
      calledAt = performance.now();
      listener();
    };
    const unsubscribe = subscribe(() => {
      if (timer !== undefined) return;
      const waitMs = calledAt + intervalMs - performance.now();
      if (waitMs > 0) timer = setTimeout(call, waitMs);
      else call();
    });
    return () => {
      clearTimeout(timer);
      unsubscribe();
    };
  };
}

/** Returns the `subscribe` of the view, paced. */
export function usePacedSubscribe(intervalMs: number): Subscribe {
  const { view } = useRelay();
  return useMemo(() => paced((listener) => view.subscribe(listener), intervalMs), [view, intervalMs]);
}
