import type { GapData } from '../types/messages';
import { clockWords, momentOf, ofWords } from './time-words';

/** Why something may be missing, as the end of a sentence. */
function causeWords(gap: GapData): string {
  switch (gap.cause) {
    case 'redis_lost':
      return 'the relay lost Redis for a time';
    case 'slow_client':
      return 'this page read too slowly';
    case 'restart':
      return 'the relay was not running';
    case 'evicted':
      return 'events came faster than the relay could read them';
    case 'publisher_gap':
      return gap.source === undefined || gap.source === ''
        ? 'a publisher’s numbers show a hole'
        : `the numbers of ${gap.source} show a hole`;
  }
}

/** `12 events missed because the relay lost Redis for a time`. */
export function gapWords(gap: GapData): string {
  // A later relay may know causes that these types do not.
  const cause = (causeWords(gap) as string | undefined) ?? gap.cause;
  if (gap.missed === null) return `Events may be missing because ${cause}`;
  return `${ofWords(gap.missed, 'event')} missed because ${cause}`;
}

/** From when to when, or which numbers; `undefined` where neither is known. */
export function gapSpan(gap: GapData): string | undefined {
  const { fromSeq, toSeq } = gap;
  if (fromSeq !== undefined) return toSeq === undefined || toSeq === fromSeq ? `number ${fromSeq}` : `numbers ${fromSeq} to ${toSeq}`;
  const [from, to] = [momentOf(gap.from), momentOf(gap.to)];
  if (from !== null && to !== null) return `between ${clockWords(from)} and ${clockWords(to)}`;
  if (from !== null) return `from ${clockWords(from)} on`;
  return to === null ? undefined : `until ${clockWords(to)}`;
}

/** What became of the view: after the gaps that a snapshot follows it is right again. */
export function gapConsequence(gap: GapData): string {
  return gap.cause === 'slow_client'
    ? 'The present state was sent again, so what is shown is right; steps in between are gone.'
    : 'What is shown is as the relay knows it; a change that it never heard of is not in it.';
}
