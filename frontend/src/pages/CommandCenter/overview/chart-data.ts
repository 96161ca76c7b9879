import { countWords, lagWords } from '../../../components/time-words';
import type { StreamSecond } from '../../../state/live-view';

/** What the charts draw, and what they say. */
export interface ChartData {
  /** `null` in a second of which nothing is known. */
  readonly throughput: [number[], (number | null)[]];
  readonly lag: [number[], (number | null)[], (number | null)[]];
  /** Events in the last second, and on average and at most of those that are known; `null`: not known. */
  readonly now: number | null;
  readonly mean: number | null;
  readonly peak: number | null;
  /** Of the last second that had an event; `null`: none had, or nothing is known of the last second. */
  readonly median: number | null;
  readonly p99: number | null;
  /** Runs of seconds of which nothing is known, from first to last, in Unix seconds. */
  readonly unknown: readonly (readonly [from: number, to: number])[];
  readonly throughputWords: string;
  readonly lagWords: string;
}

export function chartData(seconds: readonly StreamSecond[]): ChartData {
  const times = seconds.map(({ second }) => second);
  const events = seconds.map((second) => second.events);
  const now = events.at(-1) ?? null;
  const last = now === null ? undefined : seconds.findLast((second) => second.lagMedian !== null);
  const known = events.filter((count) => count !== null);
  const peak = known.length === 0 ? null : known.reduce((most, count) => Math.max(most, count), 0);
  const mean = known.length === 0 ? null : known.reduce((sum, count) => sum + count, 0) / known.length;
  const worst = seconds.reduce((most, { lagP99 }) => Math.max(most, lagP99 ?? 0), 0);
  const unknown = seconds.length - known.length;
  const over = `in the last ${seconds.length} seconds${unknown === 0 ? '' : ` (${unknown} unknown)`}`;
  return {
    throughput: [times, events],
    lag: [times, seconds.map(({ lagMedian }) => lagMedian), seconds.map(({ lagP99 }) => lagP99)],
    now,
    mean,
    peak,
    median: last?.lagMedian ?? null,
    p99: last?.lagP99 ?? null,
    unknown: unknownRuns(seconds),
    throughputWords:
      mean === null || peak === null
        ? 'Throughput: unknown.'
        : `Throughput: ${now === null ? 'unknown' : `${countWords(now)} events per second`} now; mean ${countWords(Math.round(mean))}, peak ${countWords(peak)} ${over}.`,
    lagWords:
      last === undefined
        ? 'Lag: unknown.'
        : `Lag: median ${lagWords(last.lagMedian)}, 99th percentile ${lagWords(last.lagP99)}; maximum ${lagWords(worst)} ${over}.`,
  };
}

function unknownRuns(seconds: readonly StreamSecond[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const { second, events } of seconds) {
    const last = runs.at(-1);
    if (events !== null) continue;
    if (last?.[1] === second - 1) last[1] = second;
    else runs.push([second, second]);
  }
  return runs;
}
