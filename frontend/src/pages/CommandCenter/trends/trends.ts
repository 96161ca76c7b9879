import type { MinuteRow, Minutes } from './minutes';

type Line = (number | null)[];

/** The trends of a period, in points of several minutes each. A point is `null` if nothing of its minutes is known. */
export interface Trends {
  /** The middle of each point in Unix seconds. */
  readonly times: number[];
  /** Tasks that ended in a point, and those that failed, per minute that is known. */
  readonly ended: Line;
  readonly failed: Line;
  /** Share of the tasks that ended which completed, in percent; `null` if none ended. */
  readonly success: Line;
  /** Median and 95th percentile in milliseconds; `null` if there are no values. */
  readonly runMedian: Line;
  readonly runP95: Line;
  readonly queueMedian: Line;
  readonly queueP95: Line;
  /** Highest number of slots in use. */
  readonly slots: Line;
  /** Ranges of seconds that are not known, both ends included. */
  readonly unknown: readonly (readonly [from: number, to: number])[];
  readonly total: {
    readonly ended: number | null;
    readonly failed: number | null;
    readonly success: number | null;
    readonly run: number | null;
    readonly queue: number | null;
    readonly allSlots: number | null;
    /** Number of minutes that are known completely, and of all. */
    readonly complete: number;
    readonly minutes: number;
  };
}

/** Summarises minutes in points of `minutesPerPoint` each. The last point is that of the current minute, and may be shorter. */
export function trendsOf(minutes: Minutes, minutesPerPoint: number): Trends {
  const { rows, from, bounds, complete, slots } = minutes;
  const trends = emptyTrends();
  const unknown: (readonly [number, number])[] = [];
  for (let start = 0; start < rows.length; start += minutesPerPoint) {
    const end = Math.min(start + minutesPerPoint, rows.length);
    const known = rows.slice(start, end).filter((row) => row !== null);
    const time = (index: number) => from / 1000 + index * 60;
    trends.times.push((time(start) + time(end)) / 2);
    // A part of the point that is not known makes it uncertain, so that it is drawn hatched.
    if (known.length < end - start) unknown.push([time(start), time(end)]);
    addPoint(trends, known, bounds);
    const used = slots.slice(start, end).flatMap((one) => (one === null ? [] : [one[0]]));
    trends.slots.push(used.length === 0 ? null : Math.max(...used));
  }

  const all = rows.filter((row) => row !== null);
  return {
    ...trends,
    unknown,
    total: {
      ended: all.length === 0 ? null : sum(all, 'ended'),
      failed: all.length === 0 ? null : sum(all, 'failed'),
      success: successOf(all),
      run: percentile(added(all, 'run'), bounds.run, 0.5),
      queue: percentile(added(all, 'queue'), bounds.queue, 0.5),
      allSlots: slots.findLast((one) => one !== null)?.[1] ?? null,
      complete: complete.filter((one) => one === true).length,
      minutes: rows.length,
    },
  };
}

function emptyTrends() {
  const lines = { ended: [], failed: [], success: [], runMedian: [], runP95: [], queueMedian: [], queueP95: [], slots: [] };
  return { times: [] as number[], ...(lines as Record<keyof typeof lines, Line>) };
}

function addPoint(trends: ReturnType<typeof emptyTrends>, known: readonly MinuteRow[], bounds: Minutes['bounds']): void {
  const perMinute = (name: 'ended' | 'failed') => (known.length === 0 ? null : sum(known, name) / known.length);
  trends.ended.push(perMinute('ended'));
  trends.failed.push(perMinute('failed'));
  trends.success.push(successOf(known));
  const [run, queue] = [added(known, 'run'), added(known, 'queue')];
  trends.runMedian.push(percentile(run, bounds.run, 0.5));
  trends.runP95.push(percentile(run, bounds.run, 0.95));
  trends.queueMedian.push(percentile(queue, bounds.queue, 0.5));
  trends.queueP95.push(percentile(queue, bounds.queue, 0.95));
}

/** Share of the completed tasks among those that completed or failed, in percent; `null` if there are none. */
function successOf(rows: readonly MinuteRow[]): number | null {
  const [completed, failed] = [sum(rows, 'completed'), sum(rows, 'failed')];
  return completed + failed === 0 ? null : (100 * completed) / (completed + failed);
}

function sum(rows: readonly MinuteRow[], name: 'ended' | 'completed' | 'failed'): number {
  return rows.reduce((total, row) => total + row[name], 0);
}

/** Adds up the histograms of several minutes. */
function added(rows: readonly MinuteRow[], name: 'run' | 'queue'): readonly number[] {
  const total: number[] = [];
  for (const row of rows) row[name].forEach((count, bucket) => (total[bucket] = (total[bucket] ?? 0) + count));
  return Array.from(total, (count) => (count as number | undefined) ?? 0);
}

/**
 * The value that a fraction of the values does not exceed, interpolated within its bucket. Example: the bounds 500 and 1,000 and the buckets [2, 2]: the
 * median is the end of the first bucket, 500, and the 75th percentile is in the middle of the second one, 750.
 */
export function percentile(buckets: readonly number[], bounds: readonly number[], fraction: number): number | null {
  const total = buckets.reduce((all, count) => all + count, 0);
  if (total === 0) return null;
  let left = total * fraction;
  for (const [index, count] of buckets.entries()) {
    const [low, high] = [bounds[index - 1] ?? 0, bounds[index]];
    // The last bucket has no end: its values are at least its start.
    if (high === undefined) return low;
    if (left <= count && count > 0) return low + (high - low) * (left / count);
    left -= count;
  }
  return bounds.at(-1) ?? null;
}
