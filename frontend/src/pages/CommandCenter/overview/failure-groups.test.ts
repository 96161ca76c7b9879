import { describe, expect, it } from 'vitest';
import { barCount, type Failure, groupFailures } from './failure-groups';

const now = Date.parse('2026-02-06T12:00:00Z');
const minute = 60_000;
let ids = 0;

const failure = (error: string | undefined, minutesAgo: number, project = 'billing'): Failure => ({
  kind: 'task',
  id: `t${++ids}`,
  title: 'A task',
  project,
  error,
  at: now - minutesAgo * minute,
});

describe('groupFailures', () => {
  it('groups equal errors with count, first, last, projects and the newest one', () => {
    const newest = failure('Tests failed: 3 of 9', 1, 'website');
    const all = [failure('Tests failed: 1 of 214', 14), newest, failure('Tests failed: 2 of 9', 2, 'website'), failure('No disk', 3)];
    const { groups, count } = groupFailures(all, now);
    expect(count).toBe(4);
    const tests = groups.find(({ pattern }) => pattern === 'Tests failed: # of #');
    expect(tests).toMatchObject({ count: 3, first: now - 14 * minute, last: now - minute, isNew: false });
    expect(tests?.projects).toEqual([
      { id: 'website', count: 2 },
      { id: 'billing', count: 1 },
    ]);
    expect(tests?.newest[0]).toBe(newest);
  });

  it('lists new groups first, then those with most failures', () => {
    const old = Array.from({ length: 5 }, () => failure('Old', 60));
    const { groups } = groupFailures([...old, failure('Older', 60), failure('New', 1)], now);
    expect(groups.map(({ pattern }) => pattern)).toEqual(['New', 'Old', 'Older']);
  });

  it('has no new group of failures that were seen', () => {
    const seenAt = now - 2 * minute;
    const { groups } = groupFailures([failure('Seen', 3), failure('Seen', 1), failure('New', 1)], now, seenAt);
    expect(groups.map(({ pattern, isNew }) => [pattern, isNew])).toEqual([
      ['New', true],
      ['Seen', false],
    ]);
  });

  it('has one time axis for all groups, which reaches back to the oldest failure', () => {
    const recent = groupFailures([failure('A', 1), failure('B', 10)], now);
    expect(recent.to - recent.from).toBe(15 * minute);
    const { groups, from, to } = groupFailures([failure('A', 1), failure('A', 1), failure('B', 50)], now);
    expect(to - from).toBe(60 * minute);
    expect(from).toBeLessThanOrEqual(now - 50 * minute);
    const bars = groups.find(({ pattern }) => pattern === 'A')?.bars ?? [];
    expect(bars).toHaveLength(barCount);
    expect(bars.reduce((sum, bar) => sum + bar, 0)).toBe(2);
  });

  it('counts failures before the axis without a bar', () => {
    const { groups } = groupFailures([failure('A', 3 * 24 * 60)], now);
    expect(groups[0]).toMatchObject({ count: 1, first: now - 3 * 24 * 60 * minute });
    expect(groups[0]?.bars.every((bar) => bar === 0)).toBe(true);
  });

  it('has an empty pattern for failures without a message', () => {
    expect(groupFailures([failure(undefined, 1)], now).groups[0]?.pattern).toBe('');
    expect(groupFailures([], now)).toMatchObject({ groups: [], count: 0 });
  });
});
