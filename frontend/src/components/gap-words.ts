import type { KnownGap } from '../state/live-view';
import { textIn } from './text-of';
import { clockWords, momentOf, ofWords } from './time-words';

type Gap = KnownGap['gap'];

/** Why something may be missing, as the end of a sentence. */
function causeWords(gap: Gap): string {
  switch (gap.cause) {
    case 'redis_lost':
      return 'the relay did not receive all events from Redis for a time';
    case 'slow_client':
      return 'this page read too slowly';
    case 'restart':
      return 'the relay was not running, or could not load its earlier state';
    case 'evicted':
      return 'events came faster than the relay could read them';
    case 'publisher_gap':
      return gap.source === undefined || gap.source === ''
        ? 'a publisher’s numbers show a hole'
        : `the numbers of ${gap.source} show a hole`;
    case 'publisher_restarted':
      return gap.source === undefined || gap.source === '' ? 'a publisher started again' : `${gap.source} started again`;
    case 'not_recovered':
      return 'the relay could not continue from the last event of this page';
    case 'not_replayed':
      return 'this page was disconnected, and this relay sends nothing again';
  }
}

/** `12 events missed because this page read too slowly`. */
export function gapWords(gap: Gap): string {
  // A later relay may know causes that these types do not.
  const cause = (causeWords(gap) as string | undefined) ?? gap.cause;
  if (gap.missed === null) return `Events may be missing because ${cause}`;
  return `${ofWords(gap.missed, 'event')} missed because ${cause}`;
}

/** From when to when, or which numbers; `undefined` where neither is known. */
export function gapSpan(gap: Gap): string | undefined {
  const [first, last] = [textIn(gap, 'fromSeq'), textIn(gap, 'toSeq')];
  if (first !== undefined) return last === undefined || last === first ? `number ${first}` : `numbers ${first} to ${last}`;
  const [from, to] = [momentOf(gap.from), momentOf(gap.to)];
  if (from !== null && to !== null) return `between ${clockWords(from)} and ${clockWords(to)}`;
  if (from !== null) return `from ${clockWords(from)} on`;
  return to === null ? undefined : `until ${clockWords(to)}`;
}

/** What became of the view: after the gaps that a snapshot follows it is right again. */
export function gapConsequence(gap: Gap): string {
  return gap.cause === 'slow_client' || gap.cause === 'not_recovered'
    ? 'The present state was sent again, so what is shown is right; steps in between are gone.'
    : 'What is shown is as the relay knows it; a change that it never heard of is not in it.';
}
