import type { TimeTravel } from './time-travel';

const skipMs = 10_000;

/** Handles a key while an earlier moment is shown. Returns whether it is one of the history. */
export function handleHistoryKey(moment: TimeTravel, { key, shiftKey }: Pick<KeyboardEvent, 'key' | 'shiftKey'>): boolean {
  const travel = moment.get();
  if (travel.status !== 'past') return false;
  switch (key) {
    case ' ':
      moment.toggle();
      return true;
    case 'ArrowLeft':
    case 'ArrowRight': {
      const sign = key === 'ArrowLeft' ? -1 : 1;
      if (shiftKey) moment.skip(sign * skipMs);
      else moment.step(sign);
      return true;
    }
    case 'Home':
      moment.step(-travel.history.length);
      return true;
    case 'End':
      moment.step(travel.history.length);
      return true;
    default:
      return false;
  }
}
