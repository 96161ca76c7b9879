import type { Overview } from '../overview/overview-model';

export const wallViews = ['overview', 'failures', 'running', 'queue', 'slots', 'lanes'] as const;
export type WallView = (typeof wallViews)[number];

const defaultSeconds = 20;
const maxSeconds = 3600;

/** How long each view is shown, in seconds, by the parameter `rotate`; 0: the view stays. */
export function rotationSeconds(text: string): number {
  if (!/^\d{1,6}$/.test(text)) return defaultSeconds;
  return Math.min(Number(text), maxSeconds);
}

/** The views of the parameter `views`, such as `failures,queue`, in its order; all of them if it names none. */
export function chosenViews(text: string): readonly WallView[] {
  const names = text.split(',').map((name) => name.trim());
  const found = [...new Set(names)].flatMap((name) => wallViews.find((view) => view === name) ?? []);
  return found.length > 0 ? found : wallViews;
}

/** Whether a view has something to show. */
function hasContent(view: WallView, { failures, running, queue, executors }: Overview): boolean {
  switch (view) {
    case 'overview':
      return true;
    case 'failures':
      return failures.count > 0;
    case 'running':
      return running.tasks.length > 0;
    case 'queue':
      return queue.tasks.length > 0;
    case 'slots':
      return executors.length > 1; // The overview has the slots of a single one.
    case 'lanes':
      return executors.length > 0;
  }
}

/** The views to rotate through: those with something to show, or else the overview. */
export function shownViews(chosen: readonly WallView[], overview: Overview): readonly WallView[] {
  const shown = chosen.filter((view) => hasContent(view, overview));
  return shown.length > 0 ? shown : ['overview'];
}

/** The view after `view`. A view that is no longer shown is followed by the next of the chosen ones that is. */
export function nextView(view: WallView, chosen: readonly WallView[], shown: readonly WallView[]): WallView {
  const order = chosen.includes(view) ? chosen : [view, ...chosen];
  const from = order.indexOf(view);
  const later = [...order.slice(from + 1), ...order.slice(0, from + 1)].find((name) => shown.includes(name));
  return later ?? shown[0] ?? 'overview';
}
