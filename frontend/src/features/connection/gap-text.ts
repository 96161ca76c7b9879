import type { KnownGap } from 'cecelia-client/state';
import { formatField } from '../../format/format-value';
import { formatClock, parseTimestamp, formatQuantity } from '../../format/format-time';

type Gap = KnownGap['gap'];

/** Describes the cause of a gap, to be placed at the end of a sentence. */
function gapCauseText(gap: Gap): string {
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
    case 'not_kept':
      return 'the relay has dropped their content';
    case 'not_replayed':
      return 'this page was disconnected, and missed events cannot be replayed over the plain protocol';
  }
}

/** `12 events missed: this page read too slowly`. */
export function gapText(gap: Gap): string {
  // A newer relay may send causes that these types do not contain.
  const cause = (gapCauseText(gap) as string | undefined) ?? gap.cause;
  if (gap.missed === null) return `Events may be missing: ${cause}`;
  return `${formatQuantity(gap.missed, 'event')} missed: ${cause}`;
}

/** Returns the sequence numbers or the time span of a gap; `undefined` if both are unknown. */
export function gapSpan(gap: Gap): string | undefined {
  const [first, last] = [formatField(gap, 'fromSeq'), formatField(gap, 'toSeq')];
  if (first !== undefined) return last === undefined || last === first ? `seq ${first}` : `seq ${first} to ${last}`;
  const [from, to] = [parseTimestamp(gap.from), parseTimestamp(gap.to)];
  if (from !== null && to !== null) return `between ${formatClock(from)} and ${formatClock(to)}`;
  if (from !== null) return `since ${formatClock(from)}`;
  return to === null ? undefined : `until ${formatClock(to)}`;
}

/** Describes the effect of a gap on the displayed data. A gap followed by a snapshot leaves no stale data. */
export function gapConsequence(gap: Gap): string {
  return gap.cause === 'slow_client' || gap.cause === 'not_recovered'
    ? 'The current state was reloaded. The page is up to date, but intermediate changes are not shown.'
    : 'The page shows the state known to the relay. Changes in events that the relay missed are not included.';
}
