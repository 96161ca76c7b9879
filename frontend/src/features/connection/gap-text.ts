import type { KnownGap } from 'cecelia-client/state';
import { formatField } from '../../format/format-value';
import { formatClock, parseTimestamp } from '../../format/format-time';
import { findMessage, t } from '../../i18n/messages';

type Gap = KnownGap['gap'];

/** Describes the cause of a gap, to be placed at the end of a sentence. A newer relay may send causes that have no message. */
function gapCauseText({ cause, source }: Gap): string {
  const named = source === undefined || source === '' ? undefined : findMessage('connection.gap.cause.', `${cause}.named`);
  if (named !== undefined) return t(named, { source: source ?? '' });
  const id = findMessage('connection.gap.cause.', cause);
  return id === undefined ? cause : t(id);
}

/** `12 events missed: this page read too slowly`. */
export function gapText(gap: Gap): string {
  const cause = gapCauseText(gap);
  return gap.missed === null ? t('connection.gap.maybe', { cause }) : t('connection.gap.missed', { count: gap.missed, cause });
}

/** Returns the sequence numbers or the time span of a gap; `undefined` if both are unknown. */
export function gapSpan(gap: Gap): string | undefined {
  const [first, last] = [formatField(gap, 'fromSeq'), formatField(gap, 'toSeq')];
  if (first !== undefined) {
    return last === undefined || last === first ? t('connection.gap.seq', { first }) : t('connection.gap.seqs', { first, last });
  }
  const [from, to] = [parseTimestamp(gap.from), parseTimestamp(gap.to)];
  if (from !== null && to !== null) return t('connection.gap.between', { from: formatClock(from), to: formatClock(to) });
  if (from !== null) return t('connection.gap.since', { from: formatClock(from) });
  return to === null ? undefined : t('connection.gap.until', { to: formatClock(to) });
}

/** Describes the effect of a gap on the displayed data. A gap followed by a snapshot leaves no stale data. */
export function gapConsequence(gap: Gap): string {
  return t(gap.cause === 'slow_client' || gap.cause === 'not_recovered' ? 'connection.gap.reloaded' : 'connection.gap.stale');
}
