// @vitest-environment happy-dom
import { act, cleanup, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, expect, expectTypeOf, test, vi } from 'vitest';
import { FakeConnection } from '../../tests/fakes/fake-connection';
import { at, created, hello } from '../../tests/fakes/made-messages';
import { type CeceliaEvent, eventNames, type TokenStreamEvent } from '../types/messages';
import type { InboundMessage } from '../services/relay-connection';
import { connectStore, useConnectStore } from '../stores/useConnectStore';
import { useSessionStore } from '../stores/useSessionStore';
import { useWorkflowRunStore } from '../stores/useWorkflowRunStore';
import { type Routes, useWebSocketRouter } from './useWebSocketRouter';

let connection: FakeConnection;

beforeEach(() => {
  connection = new FakeConnection();
});
afterEach(cleanup);

type WorkflowName =
  'token_stream' | 'node_state_change' | 'node:parallel_start' | 'token_usage' | 'execution:paused' | 'execution:completed' | 'error';

const ignoreAll: Routes<WorkflowName> = {
  token_stream: 'ignore',
  node_state_change: 'ignore',
  'node:parallel_start': 'ignore',
  token_usage: 'ignore',
  'execution:paused': 'ignore',
  'execution:completed': 'ignore',
  error: 'ignore',
  other: 'ignore',
};

const token = (text: string): TokenStreamEvent => ({ event: 'token_stream', data: { token: text }, timestamp: at(0) });

test('each message is passed to the route of its name', () => {
  const texts: unknown[] = [];
  const other = vi.fn();
  renderHook(() =>
    useWebSocketRouter<WorkflowName>({ ...ignoreAll, token_stream: ({ data }) => texts.push(data.token), other }, connection),
  );
  const unknown: InboundMessage = { event: 'brand:new', data: {}, timestamp: at(0) };
  connection.receive(token('a'), token('b'), created('t1'), token('c'), unknown, hello());

  expect(texts).toEqual(['a', 'b', 'c']);
  expect(other.mock.calls).toEqual([[created('t1')], [unknown]]);
});

test('without routes, the messages of useConnectStore fill the stores, as Workflow draws it', () => {
  connectStore.setState({ connection });
  const { result, unmount } = renderHook(() => {
    useWebSocketRouter();
    return {
      messages: useSessionStore((store) => store.messages),
      executionStatus: useWorkflowRunStore((store) => store.executionStatus),
      nodes: useWorkflowRunStore((store) => store.nodes),
    };
  });
  act(() =>
    connection.receive(
      hello(),
      { ...token('One'), node_id: 'n1' },
      { ...token(' two'), node_id: 'n1' },
      { event: 'node_state_change', data: { status: 'completed' }, node_id: 'n1', timestamp: at(0) },
      { event: 'execution:completed', data: {}, timestamp: at(0) },
    ),
  );

  expect(result.current.messages.map(({ nodeId, content }) => [nodeId, content])).toEqual([['n1', 'One two']]);
  expect(result.current.nodes.n1?.status).toBe('completed');
  expect(result.current.executionStatus).toBe('completed');
  expect(useConnectStore.getState().connection).toBe(connection);
  unmount();
  connectStore.setState({ connection: null });
  expect(connection.subscribers).toBe(0);
});

test('messages of the relay itself are passed to routes of their own', () => {
  const onHello = vi.fn<(recovered: boolean) => void>();
  renderHook(() =>
    useWebSocketRouter<'relay:hello'>({ 'relay:hello': ({ data }) => onHello(data.recovered), other: 'ignore' }, connection),
  );
  connection.receive(hello({ recovered: true }));

  expect(onHello).toHaveBeenCalledWith(true);
});

test('the routes of the last rendering are used, and no message is routed twice', () => {
  const first = vi.fn<(message: TokenStreamEvent) => void>();
  const second = vi.fn<(message: TokenStreamEvent) => void>();
  const { rerender, unmount } = renderHook(
    ({ to }: { to: (message: TokenStreamEvent) => void }) =>
      useWebSocketRouter<'token_stream'>({ token_stream: to, other: 'ignore' }, connection),
    { initialProps: { to: first } },
  );
  connection.receive(token('a'));
  rerender({ to: second });
  connection.receive(token('b'));
  unmount();
  connection.receive(token('c'));

  expect(first.mock.calls).toEqual([[token('a')]]);
  expect(second.mock.calls).toEqual([[token('b')]]);
  expect(connection.subscribers).toBe(0);
});

test('a connection that is not there yet is subscribed to later', () => {
  const to = vi.fn();
  const { rerender } = renderHook(({ from }) => useWebSocketRouter<'token_stream'>({ token_stream: to, other: 'ignore' }, from), {
    initialProps: { from: null as FakeConnection | null },
  });
  rerender({ from: connection });
  connection.receive(token('a'));

  expect(to).toHaveBeenCalledTimes(1);
});

test('a name that has no route does not compile', () => {
  const { error, ...withoutError } = ignoreAll;
  expect(error).toBe('ignore');
  // @ts-expect-error the route of error is missing
  renderHook(() => useWebSocketRouter<WorkflowName>(withoutError, connection));
  // @ts-expect-error without names, every name in the contracts must have a route
  renderHook(() => useWebSocketRouter(ignoreAll, connection));
  const all: Routes<CeceliaEvent['event']> = {
    ...(Object.fromEntries(eventNames.map((name) => [name, 'ignore'])) as Record<CeceliaEvent['event'], 'ignore'>),
    other: 'ignore',
  };
  renderHook(() => useWebSocketRouter(all, connection));

  expectTypeOf<Parameters<Exclude<Routes<WorkflowName>['token_stream'], 'ignore'>>[0]>().toEqualTypeOf<TokenStreamEvent>();
});
