import { useSyncExternalStore } from 'react';

/** How many ticks are looked back to see how busy the page was. */
const keptTicks = 5;

const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
let late: number[] = [];

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    now = Date.now();
    late = [];
    timer = setInterval(() => {
      const before = now;
      now = Date.now();
      late = [...late, now - before - 1000].slice(-keptTicks);
      for (const told of listeners) told();
    }, 1000);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) clearInterval(timer);
  };
}

/** This page's clock in Unix milliseconds; one timer for all, each second, while somebody looks at it. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

/** The longest time in the last seconds in which the page could not run a timer, in milliseconds. */
export function pageStallMs(): number {
  return Math.max(0, ...late);
}
