import type { StreamSecond } from 'cecelia-client/state';
import { formatCount, formatLag } from '../../../format/format-time';
import { t } from '../../../i18n/messages';

/** Data and descriptions of the charts. */
export interface ChartData {
  /** `null` in a second without data. */
  readonly throughput: [number[], (number | null)[]];
  readonly lag: [number[], (number | null)[], (number | null)[]];
  /** Events in the last second, and mean and peak of the known seconds; `null` if unknown. */
  readonly now: number | null;
  readonly mean: number | null;
  readonly peak: number | null;
  /** Lag of the last second with an event; `null` without one, or if the last second is unknown. */
  readonly median: number | null;
  readonly p99: number | null;
  /** Ranges of seconds without data in Unix seconds, both ends included. */
  readonly unknown: readonly (readonly [from: number, to: number])[];
  readonly throughputDescription: string;
  readonly lagDescription: string;
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
  const over =
    unknown === 0 ? t('overview.over', { seconds: seconds.length }) : t('overview.over.unknown', { seconds: seconds.length, unknown });
  return {
    throughput: [times, events],
    lag: [times, seconds.map(({ lagMedian }) => lagMedian), seconds.map(({ lagP99 }) => lagP99)],
    now,
    mean,
    peak,
    median: last?.lagMedian ?? null,
    p99: last?.lagP99 ?? null,
    unknown: unknownRanges(seconds),
    throughputDescription:
      mean === null || peak === null
        ? t('overview.throughput.unknown')
        : throughputText(now, formatCount(Math.round(mean)), formatCount(peak), over),
    lagDescription:
      last === undefined
        ? t('overview.lag.unknown')
        : t('overview.lag.description', {
            median: formatLag(last.lagMedian),
            p99: formatLag(last.lagP99),
            worst: formatLag(worst),
            over,
          }),
  };
}

function throughputText(now: number | null, mean: string, peak: string, over: string): string {
  if (now === null) return t('overview.throughput.description.unknown-now', { mean, peak, over });
  return t('overview.throughput.description', { now: formatCount(now), mean, peak, over });
}

function unknownRanges(seconds: readonly StreamSecond[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const { second, events } of seconds) {
    const last = runs.at(-1);
    if (events !== null) continue;
    if (last?.[1] === second - 1) last[1] = second;
    else runs.push([second, second]);
  }
  return runs;
}
