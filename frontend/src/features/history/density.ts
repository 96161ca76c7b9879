import type { StateHistory } from 'cecelia-client/state';
import { parseTimestamp } from '../../format/format-time';
import { statusKind } from '../../format/status-kind';

/** The events of a history by time, in columns of equal length. */
export interface Density {
  /** Number of events of each column. */
  readonly counts: readonly number[];
  /** Number of events of the fullest column. */
  readonly most: number;
  /** The columns with failures. */
  readonly failed: readonly number[];
  /** Uncertain stretches, as fractions of the length. */
  readonly uncertain: readonly Stretch[];
  /** Gaps, in the same way. */
  readonly gaps: readonly Stretch[];
}

type Stretch = readonly [from: number, to: number];

type Shown = Pick<StateHistory, 'allEvents' | 'allGaps' | 'begin' | 'end' | 'uncertain'>;

/** Counts the events of a history. */
export function densityOf({ allEvents, allGaps, begin, end, uncertain }: Shown, columns: number): Density {
  const length = Math.max(1, end - begin);
  const counts = Array.from({ length: columns }, () => 0);
  const failed = new Set<number>();
  let most = 0;
  for (const { event, received } of allEvents) {
    const column = Math.min(columns - 1, Math.max(0, Math.floor(((received - begin) / length) * columns)));
    const count = (counts[column] ?? 0) + 1;
    counts[column] = count;
    if (count > most) most = count;
    if (isFailure(event.event)) failed.add(column);
  }
  const fraction = (at: number) => Math.min(1, Math.max(0, (at - begin) / length));
  return {
    counts,
    most,
    failed: [...failed],
    uncertain: uncertain.map(({ fromTime, toTime }) => [fraction(fromTime), fraction(toTime)]),
    gaps: allGaps.map(({ gap, at }) => [fraction(parseTimestamp(gap.from) ?? at), fraction(parseTimestamp(gap.to) ?? at)]),
  };
}

/** Whether an event ends a task or execution with a failure: `task:failed`, `execution:error`. A node that failed may be tried again. */
function isFailure(name: string): boolean {
  const [subject = '', word = ''] = name.split(':');
  return (subject === 'task' || subject === 'execution') && statusKind(word) === 'failed';
}
