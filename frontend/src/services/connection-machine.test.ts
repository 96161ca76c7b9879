import { describe, expect, test } from 'vitest';
import { type ConnectionEvent, initialState, nextState, transitions } from './connection-machine';
import type { ConnectionState, ConnectionStatus } from './connection-state';

const now = 5000;
const end = { code: 1006, reason: 'lost', at: 4000 } as const;
const values = { attempts: 2, lastConnected: 1000 } as const;

const states: { readonly [Status in ConnectionStatus]: Extract<ConnectionState, { status: Status }> } = {
  idle: { status: 'idle', attempts: 0, lastConnected: null },
  connecting: { status: 'connecting', ...values },
  'catching-up': { status: 'catching-up', why: 'first', ...values },
  live: { status: 'live', protocol: 'subprotocol', attempts: 0, lastConnected: 1000 },
  degraded: { status: 'degraded', asOf: null, reason: 'Redis is down', attempts: 0, lastConnected: 1000 },
  reconnecting: { status: 'reconnecting', nextTry: 9000, waitsFor: 'time', end, ...values },
  unauthorized: { status: 'unauthorized', nextTry: 9000, waitsFor: 'time', end, why: 'no-token', message: 'Sign in', ...values },
  closed: { status: 'closed', why: 'gave-up', end, ...values },
};

const events: { readonly [Type in ConnectionEvent['type']]: Extract<ConnectionEvent, { type: Type }> } = {
  attempt: { type: 'attempt' },
  sync: { type: 'sync', why: 'recovering' },
  synced: { type: 'synced', protocol: 'plain' },
  degrade: { type: 'degrade', asOf: 3000, reason: 'Redis is down' },
  lose: { type: 'lose', end, nextTry: 8000, waitsFor: 'time' },
  deny: { type: 'deny', end, nextTry: 8000, waitsFor: 'time', why: 'unauthorized', message: 'The token has expired' },
  refuse: { type: 'refuse', end },
  'give-up': { type: 'give-up', end },
  close: { type: 'close' },
};

const connected: readonly ConnectionStatus[] = [
  'catching-up',
  'live',
  'degraded',
  'reconnecting',
  'unauthorized',
  'closed',
  'closed',
  'closed',
];

/** The status after attempt, sync, synced, degrade, lose, deny, refuse, give-up and close, in this order; `-`: ignored. */
const expected: Readonly<Record<ConnectionStatus, readonly (ConnectionStatus | '-')[]>> = {
  idle: ['connecting', '-', '-', '-', '-', '-', '-', '-', 'closed'],
  connecting: ['-', ...connected],
  'catching-up': ['-', ...connected],
  live: ['-', ...connected],
  degraded: ['-', ...connected],
  reconnecting: ['reconnecting', ...connected],
  unauthorized: ['unauthorized', ...connected],
  closed: ['connecting', '-', '-', '-', '-', '-', '-', '-', '-'],
};

const rows = Object.values(states).flatMap((from) =>
  Object.values(events).map((event, column) => ({ from, event, to: expected[from.status][column] ?? '-' })),
);

describe('the table of transitions', () => {
  test.each(rows)('$from.status, $event.type: $to', ({ from, event, to }) => {
    expect(transitions[from.status][event.type] ?? '-').toBe(to);
    const next = nextState(from, event, now);
    if (to === '-') expect(next).toBe(from);
    else expect(next.status).toBe(to);
  });

  test('every status can be reached from idle', () => {
    const reached = new Set<ConnectionStatus>(['idle']);
    for (const status of reached) for (const next of Object.values(transitions[status])) reached.add(next);

    expect([...reached].sort()).toEqual(Object.keys(states).sort());
  });
});

describe('the values of a state', () => {
  const run = (...types: readonly (keyof typeof events)[]) =>
    types.reduce((state, type) => nextState(state, events[type], now), initialState);

  test('attempts count from the last time that the connection was live', () => {
    expect(run('attempt', 'lose', 'attempt', 'lose').attempts).toBe(2);
    expect(run('attempt', 'lose', 'attempt', 'sync').attempts).toBe(2);
    expect(run('attempt', 'lose', 'attempt', 'sync', 'synced').attempts).toBe(0);
    expect(run('attempt', 'degrade', 'lose', 'attempt').attempts).toBe(1);
    expect(run('attempt', 'lose', 'attempt', 'give-up', 'attempt').attempts).toBe(1);
  });

  test('lastConnected is the last time at which the connection was live or degraded', () => {
    expect(nextState(states.connecting, events.synced, now).lastConnected).toBe(now);
    expect(nextState(states.live, events.lose, now).lastConnected).toBe(now);
    expect(nextState(states.degraded, events.close, now).lastConnected).toBe(now);
    expect(nextState(states.live, events.sync, now).lastConnected).toBe(now);
    expect(nextState(states['catching-up'], events.lose, now).lastConnected).toBe(1000);
    expect(nextState(states.reconnecting, events.refuse, now).lastConnected).toBe(1000);
  });

  test('a reconnecting state keeps the end of the last connection while an attempt is under way', () => {
    expect(nextState(states.reconnecting, events.attempt, now)).toEqual({
      status: 'reconnecting',
      nextTry: null,
      waitsFor: 'answer',
      end,
      attempts: 3,
      lastConnected: 1000,
    });
  });

  test('an unauthorized state keeps its reason while an attempt is under way', () => {
    expect(nextState(states.unauthorized, events.attempt, now)).toEqual({
      ...states.unauthorized,
      nextTry: null,
      waitsFor: 'answer',
      attempts: 3,
    });
  });
});

test('live says how messages are received, also after a change to an event stream and back', () => {
  let state: ConnectionState = states.live;
  const protocols = (['event-stream', 'subprotocol'] as const).map((protocol) => {
    for (const event of [events.lose, events.attempt, events.sync, { type: 'synced', protocol } as const])
      state = nextState(state, event, now);
    return 'protocol' in state ? state.protocol : undefined;
  });

  expect(protocols).toEqual(['event-stream', 'subprotocol']);
});
