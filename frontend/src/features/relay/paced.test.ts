import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { paced } from './paced';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function subscribed(intervalMs: number) {
  const changes = new Set<() => void>();
  const listener = vi.fn();
  const stop = paced((added) => {
    changes.add(added);
    return () => changes.delete(added);
  }, intervalMs)(listener);
  return { listener, stop, changes, change: () => changes.forEach((call) => call()) };
}

test('a single change is passed on at once, and those of an interval together', () => {
  const { listener, change } = subscribed(100);
  change();
  expect(listener).toHaveBeenCalledTimes(1);

  for (let i = 0; i < 50; i++) change();
  vi.advanceTimersByTime(99);
  expect(listener).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1);
  expect(listener).toHaveBeenCalledTimes(2);

  vi.advanceTimersByTime(1000);
  expect(listener).toHaveBeenCalledTimes(2);
  change();
  expect(listener).toHaveBeenCalledTimes(3);
});

test('nothing is passed on after the end', () => {
  const { listener, stop, changes, change } = subscribed(100);
  change();
  change();
  stop();
  vi.advanceTimersByTime(1000);

  expect(listener).toHaveBeenCalledTimes(1);
  expect(changes.size).toBe(0);
});
