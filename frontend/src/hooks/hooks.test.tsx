// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, cleanup, render, renderHook } from '@testing-library/react';
import { type ReactNode, StrictMode } from 'react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FakeConnection, live } from '../../tests/fakes/fake-connection';
import { at, created, progress, snapshot, task } from '../../tests/fakes/made-messages';
import type { ExecutorData, ExecutorEntity } from '../types/messages';
import type { InboundMessage } from '../services/relay-connection';
import type { LiveView } from '../state/live-view';
import { viewOf } from '../state/shared-views';
import { RelayProvider } from './RelayProvider';
import { useExecution } from './useExecution';
import { useExecutorStatus } from './useExecutorStatus';
import { type LivePart, useLive } from './useLive';
import { useLogs } from './useLogs';
import { useQueryInvalidation } from './useQueryInvalidation';
import { useTaskStatus } from './useTaskStatus';
import { useTokens } from './useTokens';
import { useWebSocket } from './useWebSocket';

let connection: FakeConnection;

beforeEach(() => {
  vi.useFakeTimers();
  connection = new FakeConnection();
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

function wrapper({ children }: { children: ReactNode }) {
  return (
    <StrictMode>
      <RelayProvider connection={connection}>{children}</RelayProvider>
    </StrictMode>
  );
}

/** The relay tells this, and a frame goes by. */
function tell(...messages: readonly InboundMessage[]): void {
  act(() => {
    connection.receive(...messages);
    vi.advanceTimersByTime(100);
  });
}

/** Counts how often it renders. */
function counted<Value>(use: () => Value) {
  let renders = 0;
  const hook = renderHook(
    () => {
      renders++;
      return use();
    },
    { wrapper: ({ children }) => <RelayProvider connection={connection}>{children}</RelayProvider> },
  );
  return { hook, renders: () => renders };
}

test('a provider has one connection in StrictMode, and connects it once', () => {
  render(
    <StrictMode>
      <RelayProvider connection={connection}>
        <RelayProvider connection={connection} />
      </RelayProvider>
    </StrictMode>,
  );

  expect(connection.subscribers).toBe(1);
  expect(connection.closes).toBe(0);
});

describe('useTaskStatus', () => {
  test('has the tasks in the order in which they were created', () => {
    const { result } = renderHook(() => useTaskStatus(), { wrapper });
    expect(result.current).toEqual({ tasks: [], task: undefined });
    tell(created('t1', 1), created('t2', 2), created('t3', 3));
    tell(progress('t1', 50, 9));

    expect(result.current.tasks.map(({ id, status, progress: done }) => [id, status, done])).toEqual([
      ['t1', 'queued', 50],
      ['t2', 'queued', undefined],
      ['t3', 'queued', undefined],
    ]);
  });

  test('of one task renders again for that task alone, and once for a burst', () => {
    const { hook, renders } = counted(() => useTaskStatus('t1'));
    tell(created('t1'), progress('t1', 1), progress('t1', 2, 2));
    expect(hook.result.current.task).toMatchObject({ id: 't1', progress: 2 });
    const before = renders();
    tell(created('t2'), progress('t2', 5));
    expect(renders()).toBe(before);
    tell(progress('t1', 7, 3), progress('t1', 8, 4));

    expect(renders()).toBe(before + 1);
    expect(hook.result.current.tasks).toEqual([hook.result.current.task]);
  });
});

test('useExecutorStatus tells the executor that was heard of last', () => {
  const { result } = renderHook(() => useExecutorStatus(), { wrapper });
  expect(result.current).toEqual({ activeCount: null, availableSlots: null, slots: null, executors: [] });
  const executor = (id: string, second: number, data: ExecutorData): ExecutorEntity => ({ ...task(id), received: at(second), data });
  tell(
    snapshot({
      executor: [
        executor('of before', 1, { activeCount: 9, availableSlots: 9 }),
        executor('now', 2, { activeCount: 2, availableSlots: 3 }),
      ],
    }),
  );

  expect(result.current).toMatchObject({ activeCount: 2, availableSlots: 3, slots: 5 });
  expect(result.current.executors.map(({ id }) => id)).toEqual(['now', 'of before']);
});

describe('useExecution', () => {
  const status = (data: object, second: number, event = 'status') => ({
    event,
    data: { execution_id: 'e1', ...data },
    timestamp: at(second),
  });

  test('tells it in System C’s words', () => {
    const { result } = renderHook(() => useExecution('e1'), { wrapper });
    expect(result.current).toMatchObject({ execution_id: 'e1', status: null, progress: null, result: null, nodes: [] });
    tell(status({ status: 'running', progress: 50, message: 'step 2' }, 1));
    expect(result.current).toMatchObject({ status: 'running', progress: 50, message: 'step 2', execution_time: null });
    tell({ event: 'node_state_change', data: { execution_id: 'e1', status: 'running' }, node_id: 'n1', timestamp: at(2) });
    tell(status({ result: { sum: 3 } }, 3.5, 'execution:completed'));

    expect(result.current).toMatchObject({ status: 'completed', result: { sum: 3 }, error: null, execution_time: 2.5 });
    expect(result.current.nodes.map(({ id }) => id)).toEqual(['n1']);
  });

  test.each([
    ['queued', { status: 'pending', message: null, error: null }],
    ['cancelled', { status: 'failed', message: null, error: 'cancelled' }],
    ['skipped', { status: 'completed', message: 'skipped', error: null }],
    ['paused', { status: 'running', message: 'paused', error: null }],
  ])('tells %s in the nearest word', (word, expected) => {
    const { result } = renderHook(() => useExecution('e1'), { wrapper });
    tell(status({ status: word }, 1, 'execution:changed'));

    expect(result.current).toMatchObject(expected);
  });

  test('renders again for its own execution alone', () => {
    const { renders } = counted(() => useExecution('e1'));
    tell(status({ status: 'running' }, 1));
    const before = renders();
    tell({ event: 'status', data: { execution_id: 'e2', status: 'running' }, timestamp: at(2) });
    tell({ event: 'node_state_change', data: { execution_id: 'e2' }, node_id: 'n1', timestamp: at(2) });

    expect(renders()).toBe(before);
  });
});

test('useTokens has a node’s text and what it used, of the execution that is named or was heard of last', () => {
  const first = renderHook(() => useTokens('n1', 'e1'), { wrapper }).result;
  const last = renderHook(() => useTokens('n1'), { wrapper }).result;
  expect(first.current).toEqual({ text: '', bytes: 0, usage: null, status: null });
  const token = (execution_id: string, text: string): InboundMessage => ({
    event: 'token_stream',
    data: { execution_id, token: text },
    node_id: 'n1',
    timestamp: at(1),
  });
  tell(token('e1', 'one'));
  vi.setSystemTime(Date.now() + 1000);
  tell(token('e2', 'zwei'), token('e2', ' ü'), {
    event: 'token_usage',
    data: { execution_id: 'e2', total_tokens: 7 },
    node_id: 'n1',
    timestamp: at(2),
  });

  expect(first.current).toEqual({ text: 'one', bytes: 3, usage: null, status: null });
  expect(last.current).toMatchObject({ text: 'zwei ü', bytes: 7, usage: { total_tokens: 7 } });
});

test('useLogs begins with what the feed still has, and follows', () => {
  const log = (message: string, taskId: string): InboundMessage => ({ event: 'log', data: { message, taskId }, timestamp: at(0) });
  renderHook(() => useTaskStatus(), { wrapper });
  tell(log('before', 't1'));
  const { result } = renderHook(() => useLogs({ taskId: 't1', limit: 2 }), { wrapper });
  expect(result.current.map(({ message }) => message)).toEqual(['before']);
  tell(log('one', 't1'), log('of another', 't2'), log('two', 't1'));

  expect(result.current.map(({ message }) => message)).toEqual(['one', 'two']);
});

describe('useLive', () => {
  const parts: readonly LivePart[] = ['tasks'];
  const select = (view: LiveView) => ({ running: [...view.sections.tasks.values()].filter(({ status }) => status === 'running').length });

  test('renders again only if the selection has changed', () => {
    const { hook, renders } = counted(() => useLive(select, parts));
    tell({ ...created('t1'), data: { taskId: 't1', status: 'running' } });
    expect(hook.result.current).toEqual({ running: 1 });
    const before = renders();
    tell(progress('t1', 5));

    expect(renders()).toBe(before);
  });

  test('takes a selector that is made with each rendering', () => {
    const { hook } = counted(() => useLive(({ sections }) => [...sections.tasks.keys()]));
    tell(created('t1'));

    expect(hook.result.current).toEqual(['t1']);
  });
});

test('useWebSocket tells how the connection stands, and sends', async () => {
  const { result } = renderHook(() => useWebSocket(), { wrapper });
  expect(result.current).toMatchObject({ isConnected: false, attempts: 0, lastConnected: null });
  const { send, subscribe } = result.current;
  act(() => connection.changeState(live));
  expect(result.current).toMatchObject({ isConnected: true, state: live, lastConnected: new Date(1000) });
  expect(result.current.send).toBe(send);

  const handler = vi.fn();
  subscribe(handler)();
  connection.receive(created('t1'));
  expect(handler).not.toHaveBeenCalled();
  expect(send({ type: 'task_updated', project_id: 'p1', data: { id: 7 } })).toBe(true);
  await expect(result.current.command('pause_session')).resolves.toMatchObject({ receivers: 1 });
});

test('useQueryInvalidation has React Query fetch anew', () => {
  const client = new QueryClient();
  const invalidate = vi.spyOn(client, 'invalidateQueries').mockResolvedValue();
  renderHook(() => useQueryInvalidation({ projectId: 'p1' }), {
    wrapper: ({ children }) => (
      <QueryClientProvider client={client}>
        <RelayProvider connection={connection}>{children}</RelayProvider>
      </QueryClientProvider>
    ),
  });
  tell({ event: 'task_updated', data: { id: 1 }, project_id: 'p1', timestamp: at(0) });
  expect(invalidate).not.toHaveBeenCalled();
  tell();
  tell();
  tell();

  expect(invalidate.mock.calls).toEqual([[{ queryKey: ['tasks', 'p1'] }]]);
});

test('hooks below one provider share what it knows, and go on where they were when all are gone for a while', () => {
  const { unmount } = renderHook(() => useTaskStatus(), { wrapper });
  tell(created('t1'));
  unmount();
  vi.advanceTimersByTime(60_000);
  tell(created('t2'));

  expect(renderHook(() => useTaskStatus(), { wrapper }).result.current.tasks.map(({ id }) => id)).toEqual(['t1', 't2']);
  expect(viewOf(connection).view.sections.tasks.size).toBe(2);
});
