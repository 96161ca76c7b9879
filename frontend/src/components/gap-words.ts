import type { KnownGap } from '../state/live-view';
import { textIn } from './text-of';
import { clockWords, momentOf, ofWords } from './time-words';

type Gap = KnownGap['gap'];

/** Why something may be missing, as the end of a sentence. */
function causeWords(gap: Gap): string {
  switch (gap.cause) {
    case 'redis_lost':
      return 'the connection to Redis was lost or incomplete';
    case 'slow_client':
      return 'this page read too slowly';
    case 'restart':
      return 'the relay was not running, or could not restore its state';
    case 'evicted':
      return 'the relay could not keep up with incoming events';
    case 'publisher_gap':
      return gap.source === undefined || gap.source === ''
        ? 'sequence numbers of a publisher are missing'
        : `sequence numbers of ${gap.source} are missing`;
    case 'publisher_restarted':
      return gap.source === undefined || gap.source === '' ? 'a publisher restarted' : `${gap.source} restarted`;
    case 'not_recovered':
      return 'the relay could not resume from the position of this page';
    case 'not_replayed':
      return 'this page was disconnected, and missed events cannot be replayed over the plain protocol';
  }
}

/** `12 events missed: this page read too slowly`. */
export function gapWords(gap: Gap): string {
  // A later relay may know causes that these types do not.
  const cause = (causeWords(gap) as string | undefined) ?? gap.cause;
  if (gap.missed === null) return `Events may be missing: ${cause}`;
  return `${ofWords(gap.missed, 'event')} missed: ${cause}`;
}

/** From when to when, or which numbers; `undefined` where neither is known. */
export function gapSpan(gap: Gap): string | undefined {
  const [first, last] = [textIn(gap, 'fromSeq'), textIn(gap, 'toSeq')];
  if (first !== undefined) return last === undefined || last === first ? `seq ${first}` : `seq ${first} to ${last}`;
  const [from, to] = [momentOf(gap.from), momentOf(gap.to)];
  if (from !== null && to !== null) return `between ${clockWords(from)} and ${clockWords(to)}`;
  if (from !== null) return `since ${clockWords(from)}`;
  return to === null ? undefined : `until ${clockWords(to)}`;
}

/** What became of the view: after the gaps that a snapshot follows it is right again. */
export function gapConsequence(gap: Gap): string {
  return gap.cause === 'slow_client' || gap.cause === 'not_recovered'
    ? 'The current state was reloaded. The page is up to date, but intermediate changes are not shown.'
    : 'The page shows the state known to the relay. Changes in events that the relay missed are not included.';
}
