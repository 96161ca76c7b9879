import type { StreamSecond } from 'cecelia-client/state';
import { describe, expect, it } from 'vitest';
import { chartData } from './chart-data';

const seconds = (...events: (number | null)[]): StreamSecond[] =>
  events.map((count, at) => {
    const lag = count === null || count === 0 ? null : 5;
    return { second: 100 + at, events: count, lagMedian: lag, lagP99: lag };
  });

describe('chartData', () => {
  it('includes seconds without events in mean and peak, but not unknown seconds', () => {
    expect(chartData(seconds(4, 0, null, null, 8)).throughputDescription).toContain('in the last 5 seconds (2 unknown).');
    expect(chartData(seconds(4, 0, null, null, 8))).toMatchObject({ now: 8, mean: 4, peak: 8, median: 5, unknown: [[102, 103]] });
  });

  it('has no current value while the last second is unknown', () => {
    const data = chartData(seconds(4, 8, null));
    expect(data).toMatchObject({ now: null, mean: 6, peak: 8, median: null, p99: null, unknown: [[102, 102]] });
    expect(data.throughput[1]).toEqual([4, 8, null]);
    expect(data.throughputDescription).toContain('unknown now');
    expect(data.lagDescription).toBe('Lag: unknown.');
  });

  it('has no values before the first second', () => {
    expect(chartData([])).toMatchObject({ now: null, mean: null, peak: null, unknown: [] });
  });
});
