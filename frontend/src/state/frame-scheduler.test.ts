// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { nextFrame } from './frame-scheduler';

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Frames that come only when the test says so, as in a page that may be hidden. */
function stubFrames() {
  const frames = new Map<number, () => void>();
  let number = 0;
  vi.stubGlobal('requestAnimationFrame', (callback: () => void) => (frames.set(++number, callback), number));
  vi.stubGlobal('cancelAnimationFrame', (handle: number) => frames.delete(handle));
  return frames;
}

test('calls back once, in the animation frame', () => {
  const frames = stubFrames();
  const callback = vi.fn();
  nextFrame(callback);
  for (const frame of [...frames.values()]) frame();
  vi.advanceTimersByTime(5000);

  expect(callback).toHaveBeenCalledTimes(1);
});

test('calls back once, after a second, without animation frames', () => {
  const frames = stubFrames();
  const callback = vi.fn();
  nextFrame(callback);
  vi.advanceTimersByTime(999);
  expect(callback).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);

  expect(callback).toHaveBeenCalledTimes(1);
  expect(frames.size).toBe(0);
});

test('pauses for as long as the last frame took, if that was long', () => {
  const frames = stubFrames();
  const draw = (ms: number) => {
    nextFrame(() => undefined);
    const clock = vi.spyOn(performance, 'now').mockReturnValue(1000);
    for (const frame of [...frames.values()]) frame();
    clock.mockReturnValue(1000 + ms);
    vi.advanceTimersByTime(0);
    return clock;
  };
  const clock = draw(80);
  nextFrame(() => undefined);
  vi.advanceTimersByTime(79);
  expect(frames.size).toBe(0);
  vi.advanceTimersByTime(1);
  expect(frames.size).toBe(1);
  for (const frame of [...frames.values()]) frame();
  clock.mockRestore();

  draw(16);
  nextFrame(() => undefined);
  expect(frames.size).toBe(1);
});

test('can be cancelled', () => {
  const frames = stubFrames();
  const callback = vi.fn();
  nextFrame(callback)();
  vi.advanceTimersByTime(5000);

  expect(frames.size).toBe(0);
  expect(callback).not.toHaveBeenCalled();
});
