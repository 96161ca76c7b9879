import { describe, expect, it } from 'vitest';
import { parseMinutes } from './minutes';
import { percentile, trendsOf } from './trends';

const bounds = { runMs: [500, 1000, 2000], queueMs: [500, 1000], lagMs: [1, 2] };

/** A response of the relay with these rows of all projects. */
function response(rows: readonly unknown[], more: object = {}) {
  return {
    now: '2026-02-06T08:04:30Z',
    since: '2026-02-06T08:00:00Z',
    reason: 'started',
    from: '2026-02-06T08:00:00Z',
    minutes: rows.length,
    limited: false,
    bounds,
    complete: rows.map((row) => (row === null ? null : true)),
    slots: rows.map(() => null),
    all: rows,
    projects: {},
    ...more,
  };
}

const quiet = [0, 0, 0, 0, [], [], []];

describe('trends', () => {
  it('are unknown, not zero, in a minute that was not observed', () => {
    const trends = trendsOf(parseMinutes(response([quiet, null, [3, 2, 1, 1, [0, 2], [3], []]]), null), 1);
    expect(trends.ended).toEqual([0, null, 2]);
    expect(trends.failed).toEqual([0, null, 1]);
    expect(trends.success).toEqual([null, null, 50]);
    expect(trends.runMedian).toEqual([null, null, 750]);
    const at = Date.parse('2026-02-06T08:01:00Z') / 1000;
    expect(trends.unknown).toEqual([[at, at + 60]]);
    expect(trends.total).toMatchObject({ ended: 2, failed: 1, success: 50, complete: 2, minutes: 3 });
  });

  it('have totals that are unknown if no minute was observed', () => {
    const trends = trendsOf(parseMinutes(response([null, null]), null), 1);
    expect(trends.total).toMatchObject({ ended: null, failed: null, success: null, run: null, queue: null, complete: 0 });
  });

  it('add up the histograms of the minutes of a point, and count per known minute', () => {
    const rows = [[0, 2, 2, 0, [2], [], []], null, [0, 2, 2, 0, [0, 0, 2], [], []]];
    const trends = trendsOf(parseMinutes(response(rows), null), 3);
    expect(trends.ended).toEqual([2]);
    expect(trends.runMedian).toEqual([500]);
    expect(trends.runP95).toEqual([1900]);
    expect(trends.unknown).toHaveLength(1);
  });

  it('are those of the project, and unknown for a project without a series', () => {
    const body = response([quiet], { projects: { p1: [[0, 5, 5, 0, [], [], []]], p2: null } });
    expect(trendsOf(parseMinutes(body, 'p1'), 1).ended).toEqual([5]);
    expect(trendsOf(parseMinutes(body, 'p2'), 1).ended).toEqual([null]);
    expect(trendsOf(parseMinutes(body, 'p3'), 1).ended).toEqual([null]);
  });

  it('have the highest number of slots in use', () => {
    const body = response([quiet, quiet, quiet], { slots: [[1, 0, 4], null, [3, 1, 4]] });
    const trends = trendsOf(parseMinutes(body, null), 3);
    expect(trends.slots).toEqual([3]);
    expect(trends.total.allSlots).toBe(4);
  });

  it('are refused if the response is something else', () => {
    expect(() => parseMinutes({ error: 'x' }, null)).toThrow(TypeError);
    expect(() => parseMinutes([], null)).toThrow(TypeError);
  });
});

describe('a percentile', () => {
  it('is interpolated within its bucket', () => {
    expect(percentile([2, 2], [500, 1000], 0.5)).toBe(500);
    expect(percentile([2, 2], [500, 1000], 0.75)).toBe(750);
  });

  it('is at least the start of the last bucket, which has no end', () => {
    expect(percentile([0, 0, 4], [500, 1000], 0.5)).toBe(1000);
  });

  it('is unknown without values', () => {
    expect(percentile([], [500], 0.5)).toBeNull();
    expect(percentile([0, 0], [500], 0.5)).toBeNull();
  });
});
