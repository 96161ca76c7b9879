/** When changes are shown. Calls back once; the function that it returns calls it off. */
export type FrameScheduler = (callback: () => void) => () => void;

/** Longest wait in a page that nobody sees, where no animation frames come, in milliseconds. */
const hiddenMs = 1000;
/** Between two frames where there is no page. */
const withoutPageMs = 16;

/** With the next animation frame, or after a second if none comes. */
export const nextFrame: FrameScheduler = (callback) => {
  if (typeof requestAnimationFrame === 'undefined') {
    const timer = setTimeout(callback, withoutPageMs);
    return () => clearTimeout(timer);
  }
  const cancel = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
  const once = () => {
    cancel();
    callback();
  };
  const frame = requestAnimationFrame(once);
  // Both at once: the page may be hidden before its frame has come.
  const timer = setTimeout(once, hiddenMs);
  return cancel;
};
