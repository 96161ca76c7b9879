import { describe, expect, it } from 'vitest';
import { Lanes } from './lanes';
import type { RunSpan } from './run-spans';

const span = (taskId: string, from: number, to: number | null): RunSpan => ({
  key: `${taskId} ${from}`,
  taskId,
  from: from * 1000,
  to: to === null ? null : to * 1000,
  outcome: to === null ? 'running' : 'done',
});
const lanesOf = (lanes: Lanes, ...spans: RunSpan[]) => lanesWithin(8, lanes, ...spans);
const lanesWithin = (limit: number, lanes: Lanes, ...spans: RunSpan[]) =>
  Object.fromEntries(lanes.update(spans, limit).map(({ taskId, lane }) => [taskId, lane]));

describe('Lanes', () => {
  it('uses the first lane that was free at the start', () => {
    const lanes = new Lanes();
    expect(lanesOf(lanes, span('c', 5, 6), span('a', 0, 10), span('b', 2, 4))).toEqual({ a: 0, b: 1, c: 1 });
    expect(lanes.count).toBe(2);
  });

  it('keeps the lane of a run while others end and leave the window', () => {
    const lanes = new Lanes();
    expect(lanesOf(lanes, span('a', 0, null), span('b', 1, null))).toEqual({ a: 0, b: 1 });
    expect(lanesOf(lanes, span('a', 0, 2), span('b', 1, null), span('c', 3, null))).toEqual({ a: 0, b: 1, c: 0 });
    expect(lanesOf(lanes, span('b', 1, null), span('c', 3, null))).toEqual({ b: 1, c: 0 });
  });

  it('allows a run to start shortly before the previous one ends', () => {
    expect(lanesOf(new Lanes(), span('a', 0, 5), span('b', 4.9, 8), span('c', 7.5, 9))).toEqual({ a: 0, b: 0, c: 1 });
  });

  it('places an older run between others', () => {
    const lanes = new Lanes();
    lanes.update([span('a', 0, 2), span('b', 10, 12)], 8);
    expect(lanesOf(lanes, span('a', 0, 2), span('b', 10, 12), span('c', 3, 9), span('d', 3, 11))).toEqual({ a: 0, b: 0, c: 0, d: 1 });
  });

  it('has no lane for runs beyond the limit, until one is free', () => {
    const lanes = new Lanes();
    expect(lanesWithin(1, lanes, span('a', 0, null), span('b', 1, null))).toEqual({ a: 0, b: null });
    expect(lanesWithin(1, lanes, span('b', 1, null))).toEqual({ b: 0 });
    expect(lanesWithin(2, lanes, span('b', 1, null), span('c', 2, null))).toEqual({ b: 0, c: 1 });
    expect(lanesWithin(1, lanes, span('b', 1, null), span('c', 2, null))).toEqual({ b: 0, c: null });
  });
});
