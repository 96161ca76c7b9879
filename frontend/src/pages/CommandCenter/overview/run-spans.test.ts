import type { TaskChange } from 'cecelia-client';
import { expect, it } from 'vitest';
import { at, task } from '../../../../tests/fakes/made-messages';
import { runSpans } from './run-spans';

const change = (status: string | undefined, second: number): TaskChange => ({
  event: 'task:x',
  timestamp: at(second),
  received: at(second),
  ...(status !== undefined && { status }),
});
const spans = (...changes: TaskChange[]) =>
  runSpans(task('t', { changes })).map(({ from, to, outcome }) => [
    (from - Date.parse(at(0))) / 1000,
    to === null ? null : (to - Date.parse(at(0))) / 1000,
    outcome,
  ]);

it('has a span for each run, with its outcome', () => {
  expect(
    spans(change('queued', 0), change('running', 2), change('failed', 5), change('queued', 6), change('running', 7), change('paused', 9)),
  ).toEqual([
    [2, 5, 'failed'],
    [7, 9, 'paused'],
  ]);
});

it('has an open span for a running task, and ignores repeated and missing statuses', () => {
  expect(spans(change('started', 1), change(undefined, 2), change('running', 3))).toEqual([[1, null, 'running']]);
  expect(spans(change('queued', 1))).toEqual([]);
  expect(runSpans(task('t'))).toEqual([]);
});

it('never ends before it begins', () => {
  expect(spans(change('running', 5), change('completed', 3))).toEqual([[5, 5, 'done']]);
});

it('omits a run whose end may be missing', () => {
  const newest = Array.from({ length: 31 }, (_, index) => change(index % 2 === 0 ? 'running' : 'completed', 100 + index));
  expect(spans(change('running', 0), ...newest)[0]).toEqual([100, 101, 'done']);
});

it('returns the same spans for an unchanged task', () => {
  const changes = [change('running', 0)];
  expect(runSpans(task('t', { changes }))).toBe(runSpans(task('t', { changes, progress: 3 })));
});
