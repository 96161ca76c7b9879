import { describe, expect, it } from 'vitest';
import { TimeBuckets } from './time-buckets';
import { placeOn, ticksOf } from './time-axis';

describe('TimeBuckets', () => {
  it('has the rates over a time span', () => {
    const buckets = new TimeBuckets();
    for (const at of [0, 100, 200, 1100, 1900]) buckets.count(at);
    expect(buckets.rates(0, 2000, 2)).toEqual([3, 2]);
    expect(buckets.between(1000, 2000)).toBe(2);
  });

  it('is bounded, whatever the times are', () => {
    const buckets = new TimeBuckets();
    for (let i = 0; i < 5000; i++) buckets.count(i * 1000);
    buckets.count(-62_000_000_000_000);
    buckets.count(253_000_000_000_000);
    expect(buckets.between(0, 5_000_000)).toBeGreaterThanOrEqual(5000 - 1);
    expect(buckets.widthMs).toBeGreaterThan(250);
    expect(buckets.rates(0, 5_000_000, 240).length).toBeLessThanOrEqual(240);
  });

  it('has no rates of no time', () => expect(new TimeBuckets().rates(5, 5, 10)).toEqual([]));
});

describe('time axis', () => {
  it('has ticks at round times since its start', () => {
    expect(ticksOf({ from: 500, to: 92_500 }, 6).map(({ ms }) => ms)).toEqual([0, 30_000, 60_000, 90_000]);
    expect(ticksOf({ from: 0, to: 1 }, 6).map(({ ms }) => ms)).toEqual([0, 1]);
  });

  it('is never longer than its limit', () => {
    for (const length of [1, 7, 999, 61_000, 3_600_000, 86_400_000 * 400])
      expect(ticksOf({ from: 0, to: length }, 8).length).toBeLessThanOrEqual(8);
  });

  it('clips an interval to the axis', () => {
    expect(placeOn({ from: 0, to: 200 }, { from: -50, to: 50 })).toEqual({ left: 0, width: 25 });
    expect(placeOn({ from: 0, to: 200 }, { from: 150, to: 900 })).toEqual({ left: 75, width: 25 });
  });
});
