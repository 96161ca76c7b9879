import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeConnection, live } from '../../tests/fakes/fake-connection';
import { at, gap, snapshot } from '../../tests/fakes/made-messages';
import type { InboundMessage } from '../services/relay-connection';
import { type InvalidationOptions, watchInvalidations } from './invalidation';

let connection: FakeConnection;
let invalidated: (readonly unknown[])[];

beforeEach(() => {
  vi.useFakeTimers();
  connection = new FakeConnection();
  invalidated = [];
});
afterEach(() => vi.useRealTimers());

function watch(options: InvalidationOptions = {}) {
  return watchInvalidations(connection, options, (key) => invalidated.push(key));
}

function boardEvent(event: string, project?: string): InboundMessage {
  return { event, data: {}, timestamp: at(0), ...(project === undefined ? {} : { project_id: project }) };
}

test('a burst invalidates each affected query once', () => {
  watch({ projectId: 'p1' });
  for (let i = 0; i < 50; i++) connection.receive(boardEvent('task_updated', 'p1'), boardEvent('agent_status_update', 'p1'));
  expect(invalidated).toEqual([]);
  vi.advanceTimersByTime(300);

  expect(invalidated).toEqual([
    ['tasks', 'p1'],
    ['agents', 'p1'],
  ]);
});

test('a continuous stream does not delay invalidations forever', () => {
  watch({ projectId: 'p1', debounceMs: 100 });
  for (let ms = 0; ms < 1000; ms += 10) {
    connection.receive(boardEvent('task_updated', 'p1'));
    vi.advanceTimersByTime(10);
  }

  expect(invalidated).toHaveLength(10);
});

test('events of other projects are ignored; those without a project apply to all', () => {
  watch({ projectId: 'p1' });
  connection.receive(boardEvent('task_updated', 'p2'));
  vi.advanceTimersByTime(300);
  expect(invalidated).toEqual([]);
  connection.receive(boardEvent('plan_generated'));
  vi.advanceTimersByTime(300);

  expect(invalidated).toEqual([['plan', 'p1']]);
});

test('without a project, each event invalidates the queries of its own project', () => {
  watch();
  connection.receive(boardEvent('task_updated', 'p1'), boardEvent('task_updated', 'p2'), boardEvent('tasks_reset'));
  vi.advanceTimersByTime(300);

  expect(invalidated).toEqual([['tasks', 'p1'], ['tasks', 'p2'], ['tasks']]);
});

test('a gap and each snapshot invalidate everything', () => {
  watch({ projectId: 'p1' });
  // The first one too: a query may have been answered before the connection began.
  connection.receive(snapshot());
  vi.advanceTimersByTime(300);
  expect(invalidated).toHaveLength(5);

  connection.receive(gap(5));
  vi.advanceTimersByTime(300);
  expect(invalidated).toHaveLength(10);
  connection.changeState(live);
  connection.receive(snapshot({ last: false }), snapshot({ part: 2 }));
  vi.advanceTimersByTime(300);

  expect(invalidated).toHaveLength(15);
});

test('without the subprotocol a reconnect invalidates everything', () => {
  watch({ projectId: 'p1' });
  const plain = { ...live, protocol: 'plain' } as const;
  connection.changeState(plain);
  vi.advanceTimersByTime(300);
  expect(invalidated).toHaveLength(5);
  connection.changeState({
    status: 'reconnecting',
    attempts: 1,
    lastConnected: 1,
    nextTry: null,
    waitsFor: 'answer',
    end: { code: 1006, reason: 'lost', at: 0 },
  });
  connection.changeState(plain);
  vi.advanceTimersByTime(300);

  expect(invalidated).toHaveLength(10);
});

test('custom rules, and no invalidation after the end', () => {
  const stop = watch({ rules: [{ events: 'execution:*', queryKey: () => ['runs'] }] });
  connection.receive(boardEvent('execution:paused'), boardEvent('task_updated'));
  vi.advanceTimersByTime(300);
  expect(invalidated).toEqual([['runs']]);
  connection.receive(boardEvent('execution:paused'));
  stop();
  vi.advanceTimersByTime(300);

  expect(invalidated).toHaveLength(1);
  expect(connection.subscribers).toBe(0);
});
