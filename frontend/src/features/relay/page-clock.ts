import { useSyncExternalStore } from 'react';

/** Number of recent timer ticks used to detect a busy page. */
const keptTicks = 5;

const listeners = new Set<() => void>();
let now = Date.now();
let lastTick = now;
let timer: ReturnType<typeof setInterval> | undefined;
let delays: number[] = [];

/** Calls the listener every second. */
export function subscribeToClock(listener: () => void): () => void {
  if (listeners.size === 0) {
    now = lastTick = Date.now();
    delays = [];
    timer = setInterval(() => {
      const before = lastTick;
      lastTick = Date.now();
      delays = [...delays, lastTick - before - 1000].slice(-keptTicks);
      refreshClock();
    }, 1000);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) clearInterval(timer);
  };
}

/** Updates the time of all users at once, for a change that ages depend on. */
export function refreshClock(): void {
  now = Date.now();
  for (const notify of listeners) notify();
}

/** Returns this page's time in Unix milliseconds, updated every second. All users share one timer, which runs only while there are any. */
export function useNow(): number {
  return useSyncExternalStore(subscribeToClock, () => now);
}

/** Returns the longest delay of a timer in the last seconds, in milliseconds: how long the page was blocked. */
export function pageStallMs(): number {
  return Math.max(0, ...delays);
}
