import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FakePresence, FakeServer } from '../../tests/fakes/fake-socket';
import type { ConnectionState } from './connection-state';
import type { RelayClientOptions } from './relay-client-options';
import type { InboundMessage, Problem } from './relay-connection';
import { RelayClient } from './relay-client';

let server: FakeServer;
let presence: FakePresence;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  server = new FakeServer();
  presence = new FakePresence();
});

afterEach(() => {
  vi.useRealTimers();
});

const settle = () => vi.advanceTimersByTimeAsync(0);

async function connected(options: RelayClientOptions = {}) {
  const client = new RelayClient({ url: 'ws://relay.test/ws', WebSocket: server.WebSocket, presence, ...options });
  const messages: InboundMessage[] = [];
  const problems: Problem[] = [];
  const states: ConnectionState[] = [];
  client.subscribe((message) => messages.push(message));
  client.onProblem((problem) => problems.push(problem));
  client.onState((state) => states.push(state));
  client.connect();
  await settle();
  return { client, messages, problems, states, names: () => messages.map(({ event }) => event) };
}

async function live(options: RelayClientOptions = {}) {
  const made = await connected(options);
  server.last.hello();
  server.last.snapshot('p1');
  expect(made.client.state.status).toBe('live');
  return made;
}

describe('connecting', () => {
  test('goes from idle through connecting and catching-up to live with the snapshot', async () => {
    const { client, states } = await connected({ filter: { project: ['p1', 'p2'], events: 'task:*' } });
    expect(server.last.protocols).toEqual(['cecelia.v1']);
    expect(server.last.address.search).toBe('?project=p1&project=p2&events=task%3A*');
    server.last.hello();
    server.last.snapshot('x', { part: 1, last: false });
    expect(client.state).toMatchObject({ status: 'catching-up', why: 'first' });
    server.last.snapshot('p1', { part: 2 });

    expect(states.map(({ status }) => status)).toEqual(['connecting', 'catching-up', 'live']);
    expect(client.state).toMatchObject({ status: 'live', protocol: 'subprotocol', attempts: 0 });
    expect(client.position).toBe('p1');
  });

  test('without a WebSocket, connect throws and the state stays idle', () => {
    vi.stubGlobal('WebSocket', undefined);
    const client = new RelayClient({ url: 'ws://relay.test/ws', presence });
    expect(() => client.connect()).toThrow(/pass the option WebSocket/);
    expect(client.state.status).toBe('idle');
    vi.unstubAllGlobals();
  });

  test('connect twice opens one socket', async () => {
    const { client } = await connected();
    client.connect();
    await settle();
    client.connect();
    expect(server.sockets).toHaveLength(1);
  });

  test('falls back to plain if the server does not support the subprotocol', async () => {
    server.mode = 'plain';
    const { client } = await connected();
    expect(client.state).toMatchObject({ status: 'live', protocol: 'plain' });
    expect(server.sockets.map(({ protocols }) => protocols.length)).toEqual([1, 0, 1, 0]);
    expect(server.openSockets).toHaveLength(1);
  });

  test('a relay that starts between two attempts is not treated as plain', async () => {
    server.mode = 'down';
    const made = connected();
    server.sockets[0]?.cut();
    server.mode = 'subprotocol';
    const { client } = await made;
    server.last.hello();
    server.last.snapshot('p1');
    expect(client.state).toMatchObject({ status: 'live', protocol: 'subprotocol' });
    expect(server.openSockets).toHaveLength(1);
  });

  test('an attempt without an answer times out', async () => {
    server.mode = 'mute';
    const { client } = await connected({ openTimeoutMs: 1000 });
    await vi.advanceTimersByTimeAsync(2000);
    expect(client.state).toMatchObject({ status: 'reconnecting', end: { code: 1006, reason: 'timeout' } });
    expect(server.openSockets).toHaveLength(0);
  });

  test.each(['ftp://relay.test/ws', 'ws://'])('an invalid address throws in the constructor: %s', (url) => {
    expect(() => new RelayClient({ url })).toThrow(TypeError);
  });
});

describe('reconnecting', () => {
  test('uses full jitter with a doubling bound, up to the maximum', async () => {
    const { client } = await live({ baseDelayMs: 1000, maxDelayMs: 5000 });
    server.mode = 'down';
    server.last.cut();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 5; attempt++) {
      const { state } = client;
      if (state.status !== 'reconnecting' || state.nextTry === null) throw new Error(state.status);
      waits.push(state.nextTry - Date.now());
      await vi.advanceTimersByTimeAsync(state.nextTry - Date.now());
    }
    expect(waits).toEqual([500, 1000, 2000, 2500, 2500]);
  });

  test('resumes from the newest handled position', async () => {
    const { client, messages } = await live();
    server.last.event('task:created', { taskId: 't1' }, 'p2');
    server.last.cut();
    await vi.advanceTimersByTimeAsync(3000);
    expect(server.last.address.searchParams.get('since')).toBe('p2');
    server.last.hello({ recovered: true, wasRecovering: true, missed: 2 });
    expect(client.state).toMatchObject({ status: 'catching-up', why: 'recovering' });
    server.last.event('task:started', { taskId: 't1' }, 'p3');
    expect(client.state.status).toBe('catching-up');
    server.last.event('task:completed', { taskId: 't1' }, 'p4');
    expect(client.state).toMatchObject({ status: 'live', attempts: 0 });
    expect(client.counts).toMatchObject({ reconnects: 1, events: 3 });
    expect(messages.at(-1)).toMatchObject({ event: 'task:completed', id: 'p4' });
  });

  test('has no position between the parts of a snapshot', async () => {
    const { client } = await live();
    server.last.receive({ event: 'relay:snapshot', data: { part: 1, last: false, position: 'p9' }, timestamp: '2026-11-21T08:00:00Z' });
    expect(client.position).toBeUndefined();
    server.last.cut();
    await vi.advanceTimersByTimeAsync(3000);
    expect(server.last.address.searchParams.has('since')).toBe(false);
  });

  test('skips and reports events that are received again after a reconnect', async () => {
    const { messages, client, problems } = await live();
    server.last.event('log', { message: 'one' }, 'p2');
    server.last.cut();
    await vi.advanceTimersByTimeAsync(3000);
    server.last.hello({ recovered: true, wasRecovering: true, missed: 2 });
    server.last.event('log', { message: 'one' }, 'p2');
    server.last.event('log', { message: 'two' }, 'p3');
    expect(messages.filter(({ event }) => event === 'log')).toHaveLength(2);
    expect(client.counts.duplicates).toBe(1);
    expect(problems[0]).toMatchObject({ kind: 'duplicate' });
    expect(client.state.status).toBe('live');
  });

  test('the same id twice on one connection is two events', async () => {
    const { messages } = await live();
    server.last.event('token_stream', { token: 'a' }, 'p2');
    server.last.event('token_stream', { token: 'a' }, 'p2');
    expect(messages.filter(({ event }) => event === 'token_stream')).toHaveLength(2);
  });

  test('reconnects after the time in relay:bye', async () => {
    const { client } = await live();
    server.last.receive({
      event: 'relay:bye',
      data: { reason: 'shutting_down', code: 1001, reconnect: true, retryAfterMs: 1907 },
      timestamp: 'now',
    });
    server.last.cut(1001);
    expect(client.state).toMatchObject({
      status: 'reconnecting',
      nextTry: Date.now() + 1907,
      end: { code: 1001, reason: 'shutting_down' },
    });
  });

  test.each([
    [1002, 'refused'],
    [4600, 'refused'],
    [1011, 'reconnecting'],
    [4003, 'reconnecting'],
  ])('after close code %i it is %s', async (code, expected) => {
    const { client } = await live();
    server.last.cut(code);
    expect(client.state.status === 'closed' ? client.state.why : client.state.status).toBe(expected);
  });

  test('gives up after maxAttempts, and starts again with connect', async () => {
    server.mode = 'down';
    const { client } = await connected({ maxAttempts: 3, baseDelayMs: 10 });
    await vi.advanceTimersByTimeAsync(1000);
    expect(client.state).toMatchObject({ status: 'closed', why: 'gave-up', attempts: 3 });
    expect(presence.watchers).toBe(0);
    server.mode = 'subprotocol';
    client.connect();
    await settle();
    server.last.hello();
    server.last.snapshot('p1');
    expect(client.state).toMatchObject({ status: 'live', attempts: 0 });
  });

  test('waits while the page is hidden, and reconnects immediately when it is visible', async () => {
    const { client } = await live();
    presence.set({ hidden: true });
    server.last.cut();
    expect(client.state).toMatchObject({ status: 'reconnecting', waitsFor: 'visible', nextTry: null });
    await vi.advanceTimersByTimeAsync(600_000);
    expect(server.sockets).toHaveLength(1);
    presence.set({ hidden: false });
    await settle();
    expect(server.sockets).toHaveLength(2);
  });

  test('waits for the network, and reconnects immediately when it is back', async () => {
    const { client } = await live();
    presence.online = false;
    server.last.cut();
    expect(client.state).toMatchObject({ status: 'reconnecting', waitsFor: 'network' });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(server.sockets).toHaveLength(1);
    presence.set({ online: true });
    await settle();
    expect(server.sockets).toHaveLength(2);
  });

  test('never has two sockets', async () => {
    const { client } = await live();
    server.last.cut();
    client.connect();
    presence.set({ hidden: true });
    presence.set({ hidden: false });
    client.connect();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(server.openSockets).toHaveLength(1);
  });

  test('after close no message is handled and it does not reconnect', async () => {
    const { client, messages } = await live();
    const before = messages.length;
    client.close();
    server.last.event('log', {}, 'p2');
    presence.set({ hidden: false });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(client.state).toMatchObject({ status: 'closed', why: 'closed' });
    expect(messages).toHaveLength(before);
    expect(server.sockets).toHaveLength(1);
  });

  test('a handler that closes the connection stops it before the position advances', async () => {
    const { client } = await live();
    client.on('log', () => client.close());
    server.last.event('log', {}, 'p2');
    expect(client.state.status).toBe('closed');
    expect(client.position).toBe('p1');
  });
});

describe('link status and gaps', () => {
  test('degraded with the age of the data, and live again', async () => {
    const { client } = await live();
    server.last.receive({
      event: 'relay:link',
      data: { status: 'degraded', asOf: '2026-11-21T08:04:07Z', ageMs: 3, reason: 'Redis is down' },
      timestamp: 'now',
    });
    expect(client.state).toMatchObject({ status: 'degraded', asOf: Date.parse('2026-11-21T08:04:07Z'), reason: 'Redis is down' });
    server.last.receive({ event: 'relay:link', data: { status: 'live' }, timestamp: 'now' });
    expect(client.state.status).toBe('live');
  });

  test('a client that was too slow is catching up until the snapshot is complete', async () => {
    const { client } = await live();
    server.last.receive({ event: 'relay:gap', data: { cause: 'slow_client', missed: 12, from: null, to: null }, timestamp: 'now' });
    expect(client.state).toMatchObject({ status: 'catching-up', why: 'too-slow' });
    server.last.snapshot('p7');
    expect(client.state.status).toBe('live');
  });

  test('other gaps do not require a snapshot', async () => {
    const { client } = await live();
    server.last.receive({
      event: 'relay:gap',
      data: { cause: 'redis_lost', missed: null, from: null, to: null },
      timestamp: 'now',
      id: 'p5',
    });
    expect(client.state.status).toBe('live');
    expect(client.position).toBe('p5');
  });
});

describe('heartbeat', () => {
  test('silence of two ping intervals ends the connection', async () => {
    const { client } = await live();
    await vi.advanceTimersByTimeAsync(49_000);
    expect(client.state.status).toBe('live');
    server.last.receive({ event: 'relay:ping', data: {}, timestamp: 'now', id: 'p2' });
    await vi.advanceTimersByTimeAsync(49_000);
    expect(client.state.status).toBe('live');
    await vi.advanceTimersByTimeAsync(1000);
    expect(client.state).toMatchObject({ status: 'reconnecting', end: { reason: 'silent' } });
    expect(server.openSockets).toHaveLength(0);
  });

  test('a plain server is pinged, and stays connected while it answers', async () => {
    server.mode = 'plain';
    const { client } = await connected({ heartbeatMs: 30_000 });
    for (let pings = 1; pings <= 3; pings++) {
      await vi.advanceTimersByTimeAsync(30_000);
      expect(server.last.sent).toHaveLength(pings);
      server.last.receive({ type: 'pong' });
    }
    await vi.advanceTimersByTimeAsync(60_000);
    expect(client.state).toMatchObject({ status: 'reconnecting', end: { reason: 'silent' } });
  });

  test('when the page is visible again a dead connection is detected within seconds', async () => {
    const { client } = await live();
    presence.set({ hidden: true });
    presence.set({ hidden: false });
    expect(server.last.sent.at(-1)).toEqual({ type: 'ping' });
    await vi.advanceTimersByTimeAsync(4000);
    expect(client.state).toMatchObject({ status: 'reconnecting', end: { reason: 'silent' } });
  });

  test('a page that was frozen probes the connection before it closes it', async () => {
    const { client } = await live();
    vi.setSystemTime(Date.now() + 3_600_000);
    await vi.advanceTimersByTimeAsync(50_000);
    expect(client.state.status).toBe('live');
    server.last.receive({ type: 'pong' });
    await vi.advanceTimersByTimeAsync(4000);
    expect(client.state.status).toBe('live');
  });
});

describe('messages', () => {
  test('a handler receives the messages of its name until it is removed', async () => {
    const { client } = await live();
    const seen: unknown[] = [];
    const stop = client.on('task:progress', ({ data }) => seen.push(data.progress));
    server.last.event('task:progress', { taskId: 't1', progress: 10 }, 'p2');
    server.last.event('task:started', { taskId: 't1' }, 'p3');
    stop();
    server.last.event('task:progress', { taskId: 't1', progress: 20 }, 'p4');
    expect(seen).toEqual([10]);
  });

  test('a handler that throws is reported, and does not affect other handlers or later messages', async () => {
    const made = new RelayClient({ url: 'ws://relay.test/ws', WebSocket: server.WebSocket, presence });
    const problems: Problem[] = [];
    const seen: string[] = [];
    made.onProblem((problem) => problems.push(problem));
    made.subscribe(() => {
      throw new Error('mine');
    });
    made.subscribe(({ event }) => seen.push(event));
    made.connect();
    await settle();
    server.last.hello();
    server.last.snapshot('p1');
    server.last.event('log', {}, 'p2');
    expect(seen).toEqual(['relay:hello', 'relay:snapshot', 'log']);
    expect(problems).toHaveLength(3);
    expect(problems[0]).toMatchObject({ kind: 'handler_failed', error: new Error('mine') });
    expect(made.position).toBe('p2');
  });

  test('an invalid message is reported with an excerpt, and later messages are handled', async () => {
    const { problems, client, names } = await live();
    server.last.receive('{"event":');
    server.last.event('log', {}, 'p2');
    expect(problems).toMatchObject([{ kind: 'not_json', text: '{"event":' }]);
    expect(client.counts.problems).toBe(1);
    expect(names()).toContain('log');
  });
});
