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
import type { LivePart } from '../state/stores';
import { RelayProvider } from './RelayProvider';
import { useExecution } from './useExecution';
import { useExecutorStatus } from './useExecutorStatus';
import { useLive } from './useLive';
import { useLogs } from './useLogs';
import { useQueryInvalidation } from './useQueryInvalidation';
import { useRelay } from './useRelay';
import { useTaskStatus } from './useTaskStatus';
import { useTokens } from './useTokens';
import { useAccess, useWebSocket } from './useWebSocket';

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

/** Receives messages, and advances by one frame. */
function receive(...messages: readonly InboundMessage[]): void {
  act(() => {
    connection.receive(...messages);
    vi.advanceTimersByTime(100);
  });
}

/** Counts the renderings. */
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

test('a provider has one connection in StrictMode', () => {
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
  test('returns the tasks in the order in which they were created', () => {
    const { result } = renderHook(() => useTaskStatus(), { wrapper });
    expect(result.current).toEqual({ tasks: [], task: undefined });
    receive(created('t1', 1), created('t2', 2), created('t3', 3));
    receive(progress('t1', 50, 9));

    expect(result.current.tasks.map(({ id, status, progress: done }) => [id, status, done])).toEqual([
      ['t1', 'queued', 50],
      ['t2', 'queued', undefined],
      ['t3', 'queued', undefined],
    ]);
  });

  test('taskId, status and progress can be read directly, as in Cecelia’s hook', () => {
    const { result } = renderHook(() => useTaskStatus(), { wrapper });
    receive(created('t1'), { ...progress('t1', 50), data: { taskId: 't1', status: 'running', progress: 50 } });

    const { tasks } = result.current;
    expect(tasks.map(({ taskId, status, progress: percent }) => `${taskId}: ${status ?? ''}, ${percent ?? 0} %`)).toEqual([
      't1: running, 50 %',
    ]);
    expect(tasks[0]?.id).toBe('t1');
  });

  test('with a task, it renders again for that task alone, and once for a burst', () => {
    const { hook, renders } = counted(() => useTaskStatus('t1'));
    receive(created('t1'), progress('t1', 1), progress('t1', 2, 2));
    expect(hook.result.current.task).toMatchObject({ id: 't1', progress: 2 });
    const before = renders();
    receive(created('t2'), progress('t2', 5));
    expect(renders()).toBe(before);
    receive(progress('t1', 7, 3), progress('t1', 8, 4));

    expect(renders()).toBe(before + 1);
    expect(hook.result.current.tasks).toEqual([hook.result.current.task]);
  });
});

test('useExecutorStatus returns the executor of the latest event', () => {
  const { result } = renderHook(() => useExecutorStatus(), { wrapper });
  expect(result.current).toEqual({ activeCount: null, availableSlots: null, slots: null, executors: [] });
  const executor = (id: string, second: number, data: ExecutorData): ExecutorEntity => ({ ...task(id), received: at(second), data });
  receive(
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

  test('returns the state in Execution’s terms', () => {
    const { result } = renderHook(() => useExecution('e1'), { wrapper });
    expect(result.current).toMatchObject({ execution_id: 'e1', status: null, progress: null, result: null, nodes: [] });
    receive(status({ status: 'running', progress: 50, message: 'step 2' }, 1));
    expect(result.current).toMatchObject({ status: 'running', progress: 50, message: 'step 2', execution_time: null });
    receive({ event: 'node_state_change', data: { execution_id: 'e1', status: 'running' }, node_id: 'n1', timestamp: at(2) });
    receive(status({ result: { sum: 3 } }, 3.5, 'execution:completed'));

    expect(result.current).toMatchObject({ status: 'completed', result: { sum: 3 }, error: null, execution_time: 2.5 });
    expect(result.current.nodes.map(({ id }) => id)).toEqual(['n1']);
  });

  test.each([
    ['queued', { status: 'pending', message: null, error: null }],
    ['cancelled', { status: 'failed', message: null, error: 'cancelled' }],
    ['skipped', { status: 'completed', message: 'skipped', error: null }],
    ['paused', { status: 'running', message: 'paused', error: null }],
  ])('maps %s to the nearest status', (word, expected) => {
    const { result } = renderHook(() => useExecution('e1'), { wrapper });
    receive(status({ status: word }, 1, 'execution:changed'));

    expect(result.current).toMatchObject(expected);
  });

  test('renders again for its own execution only', () => {
    const { renders } = counted(() => useExecution('e1'));
    receive(status({ status: 'running' }, 1));
    const before = renders();
    receive({ event: 'status', data: { execution_id: 'e2', status: 'running' }, timestamp: at(2) });
    receive({ event: 'node_state_change', data: { execution_id: 'e2' }, node_id: 'n1', timestamp: at(2) });

    expect(renders()).toBe(before);
  });
});

test('useTokens returns the text and usage of a node, of the given or the latest execution', () => {
  const first = renderHook(() => useTokens('n1', 'e1'), { wrapper }).result;
  const last = renderHook(() => useTokens('n1'), { wrapper }).result;
  expect(first.current).toEqual({ text: '', bytes: 0, usage: null, status: null });
  const token = (execution_id: string, text: string): InboundMessage => ({
    event: 'token_stream',
    data: { execution_id, token: text },
    node_id: 'n1',
    timestamp: at(1),
  });
  receive(token('e1', 'one'));
  vi.setSystemTime(Date.now() + 1000);
  receive(token('e2', 'zwei'), token('e2', ' ü'), {
    event: 'token_usage',
    data: { execution_id: 'e2', total_tokens: 7 },
    node_id: 'n1',
    timestamp: at(2),
  });

  expect(first.current).toEqual({ text: 'one', bytes: 3, usage: null, status: null });
  expect(last.current).toMatchObject({ text: 'zwei ü', bytes: 7, usage: { total_tokens: 7 } });
});

test('useLogs starts with the lines in the feed, and follows', () => {
  const log = (message: string, taskId: string): InboundMessage => ({ event: 'log', data: { message, taskId }, timestamp: at(0) });
  renderHook(() => useTaskStatus(), { wrapper });
  receive(log('before', 't1'));
  const { result } = renderHook(() => useLogs({ taskId: 't1', limit: 2 }), { wrapper });
  expect(result.current.map(({ message }) => message)).toEqual(['before']);
  receive(log('one', 't1'), log('of another', 't2'), log('two', 't1'));

  expect(result.current.map(({ message }) => message)).toEqual(['one', 'two']);
});

describe('useLive', () => {
  const parts: readonly LivePart[] = ['tasks'];
  const select = (view: LiveView) => ({ running: [...view.sections.tasks.values()].filter(({ status }) => status === 'running').length });

  test('renders again only when the selection changes', () => {
    const { hook, renders } = counted(() => useLive(select, parts));
    receive({ ...created('t1'), data: { taskId: 't1', status: 'running' } });
    expect(hook.result.current).toEqual({ running: 1 });
    const before = renders();
    receive(progress('t1', 5));

    expect(renders()).toBe(before);
  });

  test('accepts a selector that is created with each rendering', () => {
    const { hook } = counted(() => useLive(({ sections }) => [...sections.tasks.keys()]));
    receive(created('t1'));

    expect(hook.result.current).toEqual(['t1']);
  });
});

test('useWebSocket returns the state of the connection, and sends', async () => {
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

test('useQueryInvalidation invalidates queries of React Query', () => {
  const client = new QueryClient();
  const invalidate = vi.spyOn(client, 'invalidateQueries').mockResolvedValue();
  renderHook(() => useQueryInvalidation({ projectId: 'p1' }), {
    wrapper: ({ children }) => (
      <QueryClientProvider client={client}>
        <RelayProvider connection={connection}>{children}</RelayProvider>
      </QueryClientProvider>
    ),
  });
  receive({ event: 'task_updated', data: { id: 1 }, project_id: 'p1', timestamp: at(0) });
  expect(invalidate).not.toHaveBeenCalled();
  receive();
  receive();
  receive();

  expect(invalidate.mock.calls).toEqual([[{ queryKey: ['tasks', 'p1'] }]]);
});

test('hooks below one provider share its state, which stays when all of them are unmounted for a while', () => {
  const { unmount } = renderHook(() => useTaskStatus(), { wrapper });
  receive(created('t1'));
  unmount();
  vi.advanceTimersByTime(60_000);
  receive(created('t2'));

  expect(renderHook(() => useTaskStatus(), { wrapper }).result.current.tasks.map(({ id }) => id)).toEqual(['t1', 't2']);
  expect(viewOf(connection).view.sections.tasks.size).toBe(2);
});

test('useAccess returns what the relay has granted, also after a new token', () => {
  const { result } = renderHook(() => useAccess(), { wrapper });
  expect(result.current).toBeNull();
  act(() => {
    connection.grant({ user: 'ada', role: 'read', expires: 1000 });
    connection.changeState(live);
  });
  expect(result.current).toEqual({ user: 'ada', role: 'read', expires: 1000 });
  act(() => {
    connection.grant({ user: 'ada', role: 'read', expires: 2000 });
    connection.receive({ event: 'relay:token', data: { status: 'accepted', expires: at(2), expiresInMs: 1000 }, timestamp: at(1) });
  });
  expect(result.current?.expires).toBe(2000);
});

test('a provider shows another view in place of the state of its connection', () => {
  const other = viewOf(new FakeConnection()).view;
  const shown = (view: LiveView | undefined) => (
    <RelayProvider connection={connection} view={view}>
      <Shown />
      <RelayProvider view={viewOf(connection).live}>
        <Present />
      </RelayProvider>
    </RelayProvider>
  );
  const Present = () => <b>{useTaskStatus().tasks.length}</b>;
  const relays: ReturnType<typeof useRelay>[] = [];
  function Shown() {
    const { tasks } = useTaskStatus();
    relays.push(useRelay());
    return <p>{tasks.map(({ id }) => id)}</p>;
  }
  const { container, rerender } = render(shown(other));
  receive(created('t1'));
  expect(container.textContent).toBe('1');
  const { live: state } = viewOf(connection);
  expect(relays.at(-1)).toMatchObject({ connection, view: other, live: state });
  expect(connection.connects).toBeGreaterThan(0);

  rerender(shown(undefined));
  expect(container.textContent).toBe('t11');
  expect(relays.at(-1)?.view).toBe(state);
});
