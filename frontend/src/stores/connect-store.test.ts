import { beforeEach, expect, test } from 'vitest';
import { FakeConnection, live } from '../../tests/fakes/fake-connection';
import { created } from '../../tests/fakes/made-messages';
import type { RelayClientOptions } from '../services/relay-client-options';
import { createConnectStore } from './connect-store';

let made: { options: RelayClientOptions; connection: FakeConnection }[];

beforeEach(() => {
  made = [];
});

function store() {
  return createConnectStore({
    make: (options) => {
      const connection = new FakeConnection();
      made.push({ options, connection });
      return connection;
    },
  });
}

const end = { code: 1006, reason: 'lost', at: 0 } as const;

test('connect creates a connection with Workflow’s values, and no earlier', () => {
  const { getState } = store();
  expect(getState()).toMatchObject({ status: 'disconnected', connection: null, error: null });
  getState().connect('/here/ws');

  expect(made.map(({ options }) => options)).toEqual([{ heartbeatMs: 30_000, maxAttempts: 5, baseDelayMs: 3000, url: '/here/ws' }]);
  expect(made[0]?.connection.connects).toBe(1);
});

test('status follows the connection in Workflow’s terms', () => {
  const { getState } = store();
  getState().connect();
  const connection = made[0]?.connection;
  const statuses = [
    { status: 'connecting', attempts: 1, lastConnected: null } as const,
    live,
    { status: 'degraded', attempts: 0, lastConnected: 1, asOf: null, reason: 'cut' } as const,
    { status: 'reconnecting', attempts: 2, lastConnected: 1, nextTry: 5, waitsFor: 'time', end } as const,
    { status: 'catching-up', attempts: 0, lastConnected: 1, why: 'recovering' } as const,
    { status: 'closed', attempts: 5, lastConnected: 1, why: 'gave-up', end } as const,
  ].map((state) => {
    connection?.changeState(state);
    const { status, attempts, error } = getState();
    return [status, attempts, error];
  });

  expect(statuses).toEqual([
    ['connecting', 1, null],
    ['connected', 0, null],
    ['connected', 0, null],
    ['reconnecting', 2, null],
    ['connected', 0, null],
    ['error', 5, 'Max reconnection attempts reached'],
  ]);
});

test('a refused connection is an error with its reason; a closed one is disconnected', () => {
  const { getState } = store();
  getState().connect();
  made[0]?.connection.changeState({
    status: 'closed',
    attempts: 0,
    lastConnected: 1,
    why: 'refused',
    end: { ...end, reason: 'protocol_error' },
  });
  expect(getState()).toMatchObject({ status: 'error', error: 'The server refused the connection: protocol_error' });
  getState().disconnect();
  made[0]?.connection.changeState({ status: 'closed', attempts: 0, lastConnected: 1, why: 'closed', end: null });

  expect(getState()).toMatchObject({ status: 'disconnected', error: null });
  expect(made[0]?.connection.closes).toBe(1);
});

test('connect again opens no second connection; another address closes the first', () => {
  const { getState } = store();
  getState().connect('/ws');
  getState().connect('/ws');
  getState().connect();
  expect(made).toHaveLength(1);
  expect(made[0]?.connection).toMatchObject({ connects: 3, closes: 0 });
  getState().connect('/other/ws');

  expect(made).toHaveLength(2);
  expect(made[0]?.connection.closes).toBe(1);
  made[0]?.connection.changeState(live);
  made[0]?.connection.receive(created('of the first'));
  expect(getState()).toMatchObject({ status: 'disconnected', _lastMessage: null });
});

test('send, command and _lastMessage', async () => {
  const { getState } = store();
  expect(getState().send({ cmd: 'start_session' })).toBe(false);
  await expect(getState().command('start_session')).rejects.toMatchObject({ reason: 'not_connected' });
  getState().connect();
  made[0]?.connection.changeState(live);
  made[0]?.connection.receive(created('t1'), created('t2'));

  expect(getState().send({ cmd: 'pause_session', data: { why: 'tea' } })).toBe(true);
  await expect(getState().command('user_input', { text: 'yes' })).resolves.toMatchObject({ id: 'c1' });
  expect(made[0]?.connection.sent).toEqual([{ cmd: 'pause_session', data: { why: 'tea' } }]);
  expect(made[0]?.connection.commands).toMatchObject([{ name: 'user_input', data: { text: 'yes' } }]);
  expect(getState()._lastMessage).toEqual(created('t2'));
});
