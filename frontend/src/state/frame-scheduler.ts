/** Schedules one call of the callback. Returns the function that cancels it. */
export type FrameScheduler = (callback: () => void) => () => void;

/** Longest delay in a hidden page, which gets no animation frames, in milliseconds. */
const hiddenMs = 1000;
/** Interval outside a page, in milliseconds. */
const withoutPageMs = 16;

/** Longest rendering time that is not followed by a pause, and the longest pause, in milliseconds. */
const frameMs = 17;
const longestPauseMs = 150;

// Duration and end of the last rendering: shared by the page, since all of it runs on one thread.
let renderedMs = 0;
let renderedAt = 0;

/**
 * Schedules for the next animation frame, or after a second if there is none. A frame that took long to render is followed by a pause of the same length, so
 * that rendering takes at most half of the time, and messages and user input have the other half. Example: after a frame of 60 ms, the next one is
 * 60 ms later.
 */
export const nextFrame: FrameScheduler = (callback) => {
  if (typeof requestAnimationFrame === 'undefined') {
    const timer = setTimeout(callback, withoutPageMs);
    return () => clearTimeout(timer);
  }
  let frame = 0;
  let pause: ReturnType<typeof setTimeout> | undefined;
  const cancel = () => {
    cancelAnimationFrame(frame);
    clearTimeout(pause);
    clearTimeout(timer);
  };
  const once = () => {
    cancel();
    const startedAt = performance.now();
    callback();
    // React's rendering, layout and paint run before the next task.
    setTimeout(() => {
      renderedAt = performance.now();
      renderedMs = renderedAt - startedAt;
    });
  };
  const request = () => {
    frame = requestAnimationFrame(once);
  };
  const pausedMs = performance.now() - renderedAt;
  const pauseMs = renderedMs > frameMs ? Math.min(renderedMs, longestPauseMs) : 0;
  if (pausedMs < 0 || pausedMs >= pauseMs) request();
  else pause = setTimeout(request, pauseMs - pausedMs);
  // In addition to the frame, since the page may be hidden before it.
  const timer = setTimeout(once, hiddenMs);
  return cancel;
};
