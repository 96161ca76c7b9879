/** When changes are shown. Calls back once; the function that it returns calls it off. */
export type FrameScheduler = (callback: () => void) => () => void;

/** Longest wait in a page that nobody sees, where no animation frames come, in milliseconds. */
const hiddenMs = 1000;
/** Between two frames where there is no page. */
const withoutPageMs = 16;

/** What drawing may take without a rest behind it, and the longest rest, in milliseconds. */
const frameMs = 17;
const longestRestMs = 150;

// How long the last frame was drawn, and when that had ended: one for the page, since all of it shares one thread.
let drawnMs = 0;
let drawnAt = 0;

/**
 * With the next animation frame, or after a second if none comes. A frame that took long to draw is followed by as long a rest, so that at most half of the
 * time goes into drawing, and what comes in and what the user does have the other half.
 */
export const nextFrame: FrameScheduler = (callback) => {
  if (typeof requestAnimationFrame === 'undefined') {
    const timer = setTimeout(callback, withoutPageMs);
    return () => clearTimeout(timer);
  }
  let frame = 0;
  let rest: ReturnType<typeof setTimeout> | undefined;
  const cancel = () => {
    cancelAnimationFrame(frame);
    clearTimeout(rest);
    clearTimeout(timer);
  };
  const once = () => {
    cancel();
    const begun = performance.now();
    callback();
    // What React makes of it, layout and paint come before the next task.
    setTimeout(() => {
      drawnAt = performance.now();
      drawnMs = drawnAt - begun;
    });
  };
  const request = () => {
    frame = requestAnimationFrame(once);
  };
  const rested = performance.now() - drawnAt;
  const restMs = drawnMs > frameMs ? Math.min(drawnMs, longestRestMs) : 0;
  if (rested < 0 || rested >= restMs) request();
  else rest = setTimeout(request, restMs - rested);
  // Both at once: the page may be hidden before its frame has come.
  const timer = setTimeout(once, hiddenMs);
  return cancel;
};
