import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeConnection, live } from '../../tests/fakes/fake-connection';
import { at, created, progress, snapshot, task } from '../../tests/fakes/made-messages';
import type { InboundMessage } from '../services/relay-connection';
import { type RelayView, viewOf } from './shared-views';
import {
  accessStore,
  connectionStore,
  executionStore,
  executorStore,
  logStore,
  type Store,
  taskStore,
  tokenStore,
  viewStore,
} from './stores';

let connection: FakeConnection;
let relay: RelayView;

beforeEach(() => {
  vi.useFakeTimers();
  connection = new FakeConnection();
  relay = viewOf(connection);
});
afterEach(() => vi.useRealTimers());

function receive(...messages: readonly InboundMessage[]): void {
  connection.receive(...messages);
  vi.advanceTimersByTime(100);
}

const log = (message: string): InboundMessage => ({ event: 'log', data: { message }, timestamp: at(1) });

/** Every store, and a message that changes its value. */
const stores: readonly (readonly [name: string, make: () => Store<unknown>, change: () => void])[] = [
  ['taskStore', () => taskStore(relay), () => receive(created('t1'))],
  ['taskStore of a task', () => taskStore(relay, 't1'), () => receive(created('t1'))],
  ['executorStore', () => executorStore(relay), () => receive({ event: 'executor:status', data: { activeCount: 1 }, timestamp: at(1) })],
  [
    'executionStore',
    () => executionStore(relay, 'e1'),
    () => receive({ event: 'status', data: { execution_id: 'e1', status: 'running' }, timestamp: at(1) }),
  ],
  [
    'tokenStore',
    () => tokenStore(relay, 'n1'),
    () => receive({ event: 'token_stream', data: { execution_id: 'e1', node_id: 'n1', token: 'One' }, timestamp: at(1) }),
  ],
  ['logStore', () => logStore(relay), () => receive(log('a line'))],
  ['viewStore', () => viewStore(relay, (view) => view.feed.length, ['feed']), () => receive(log('a line'))],
  ['connectionStore', () => connectionStore(connection), () => connection.changeState(live)],
];

test.each(stores)('%s: the same snapshot until it changes, and one call of the listener then', (_, make, change) => {
  const { subscribe, getSnapshot } = make();
  const listener = vi.fn();
  const unsubscribe = subscribe(listener);
  const before = getSnapshot();
  expect(getSnapshot()).toBe(before);
  change();

  expect(listener).toHaveBeenCalledOnce();
  const after = getSnapshot();
  expect(after).not.toEqual(before);
  expect(getSnapshot()).toBe(after);
  unsubscribe();
  change();
  expect(listener).toHaveBeenCalledOnce();
});

test('a change of something else does not call the listener, and keeps the snapshot', () => {
  receive(snapshot({ tasks: [task('t1'), task('t2')] }));
  const one = taskStore(relay, 't1');
  const execution = executionStore(relay, 'e1');
  const listener = vi.fn();
  one.subscribe(listener);
  execution.subscribe(listener);
  const before = [one.getSnapshot(), execution.getSnapshot()];
  receive(progress('t2', 50), log('a line'));

  expect(listener).not.toHaveBeenCalled();
  expect(one.getSnapshot()).toBe(before[0]);
  expect(execution.getSnapshot()).toBe(before[1]);
});

test('accessStore changes with the state and with a new token', () => {
  const listener = vi.fn();
  const unsubscribe = accessStore(connection).subscribe(listener);
  connection.changeState(live);
  receive({ event: 'relay:token', data: { status: 'accepted', expiresInMs: 1000 }, timestamp: at(1) });
  expect(listener).toHaveBeenCalledTimes(2);
  unsubscribe();
  connection.changeState({ status: 'closed', why: 'closed', end: null, attempts: 0, lastConnected: null });
  expect(listener).toHaveBeenCalledTimes(2);
});

test('the first subscription opens the connection', () => {
  const { subscribe } = taskStore(relay);
  expect(connection.state.status).toBe('idle');
  const connect = vi.spyOn(connection, 'connect');
  subscribe(() => undefined);
  expect(connect).toHaveBeenCalledOnce();
});
