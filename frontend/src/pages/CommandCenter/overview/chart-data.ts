import { countWords, lagWords } from '../../../components/time-words';
import type { StreamSecond } from '../../../state/live-view';

/** What the charts draw, and what they say. */
export interface ChartData {
  readonly throughput: [number[], number[]];
  readonly lag: [number[], (number | null)[], (number | null)[]];
  /** Events in the last second, and on average and at most of those that are known. */
  readonly now: number;
  readonly mean: number;
  readonly peak: number;
  /** Of the last second that had an event. */
  readonly median: number | null;
  readonly p99: number | null;
  readonly throughputWords: string;
  readonly lagWords: string;
}

export function chartData(seconds: readonly StreamSecond[]): ChartData {
  const times = seconds.map(({ second }) => second);
  const events = seconds.map((second) => second.events);
  const last = seconds.findLast((second) => second.lagMedian !== null);
  const now = events.at(-1) ?? 0;
  const peak = events.reduce((most, count) => Math.max(most, count), 0);
  const mean = events.length === 0 ? 0 : events.reduce((sum, count) => sum + count, 0) / events.length;
  const worst = seconds.reduce((most, { lagP99 }) => Math.max(most, lagP99 ?? 0), 0);
  const over = `in the last ${seconds.length} seconds`;
  return {
    throughput: [times, events],
    lag: [times, seconds.map(({ lagMedian }) => lagMedian), seconds.map(({ lagP99 }) => lagP99)],
    now,
    mean,
    peak,
    median: last?.lagMedian ?? null,
    p99: last?.lagP99 ?? null,
    throughputWords: `Throughput: ${countWords(now)} events per second now; mean ${countWords(Math.round(mean))}, peak ${countWords(peak)} ${over}.`,
    lagWords:
      last === undefined
        ? 'Lag: no event yet.'
        : `Lag: median ${lagWords(last.lagMedian)}, 99th percentile ${lagWords(last.lagP99)}; at worst ${lagWords(worst)} ${over}.`,
  };
}
