// @vitest-environment happy-dom
import { cleanup, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, expect, expectTypeOf, test, vi } from 'vitest';
import { FakeConnection } from '../../tests/fakes/fake-connection';
import { at, created, hello } from '../../tests/fakes/made-messages';
import { type CeceliaEvent, eventNames, type TokenStreamEvent } from '../types/messages';
import type { InboundMessage } from '../services/relay-connection';
import { type Routes, useWebSocketRouter } from './useWebSocketRouter';

let connection: FakeConnection;

beforeEach(() => {
  connection = new FakeConnection();
});
afterEach(cleanup);

type SystemD =
  'token_stream' | 'node_state_change' | 'node:parallel_start' | 'token_usage' | 'execution:paused' | 'execution:completed' | 'error';

const nothing: Routes<SystemD> = {
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

test('each message goes to the route of its name, none left out', () => {
  const texts: unknown[] = [];
  const other = vi.fn();
  renderHook(() => useWebSocketRouter<SystemD>({ ...nothing, token_stream: ({ data }) => texts.push(data.token), other }, connection));
  const unknown: InboundMessage = { event: 'brand:new', data: {}, timestamp: at(0) };
  connection.receive(token('a'), token('b'), created('t1'), token('c'), unknown, hello());

  expect(texts).toEqual(['a', 'b', 'c']);
  expect(other.mock.calls).toEqual([[created('t1')], [unknown]]);
});

test('the relay’s own messages come where they are named', () => {
  const greeted = vi.fn<(recovered: boolean) => void>();
  renderHook(() =>
    useWebSocketRouter<'relay:hello'>({ 'relay:hello': ({ data }) => greeted(data.recovered), other: 'ignore' }, connection),
  );
  connection.receive(hello({ recovered: true }));

  expect(greeted).toHaveBeenCalledWith(true);
});

test('the routes of the last rendering count, and no message is taken twice', () => {
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

test('without a connection it waits for one', () => {
  const to = vi.fn();
  const { rerender } = renderHook(({ from }) => useWebSocketRouter<'token_stream'>({ token_stream: to, other: 'ignore' }, from), {
    initialProps: { from: null as FakeConnection | null },
  });
  rerender({ from: connection });
  connection.receive(token('a'));

  expect(to).toHaveBeenCalledTimes(1);
});

test('a name that has no route does not compile', () => {
  const { error, ...withoutError } = nothing;
  expect(error).toBe('ignore');
  // @ts-expect-error the route of error is missing
  renderHook(() => useWebSocketRouter<SystemD>(withoutError, connection));
  // @ts-expect-error without names, every name that the relay knows must have a route
  renderHook(() => useWebSocketRouter(nothing, connection));
  const all: Routes<CeceliaEvent['event']> = {
    ...(Object.fromEntries(eventNames.map((name) => [name, 'ignore'])) as Record<CeceliaEvent['event'], 'ignore'>),
    other: 'ignore',
  };
  renderHook(() => useWebSocketRouter(all, connection));

  expectTypeOf<Parameters<Exclude<Routes<SystemD>['token_stream'], 'ignore'>>[0]>().toEqualTypeOf<TokenStreamEvent>();
});
