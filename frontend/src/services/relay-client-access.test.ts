import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FakePresence, FakeServer } from '../../tests/fakes/fake-socket';
import { RelayClient } from './relay-client';
import type { RelayClientOptions } from './relay-client-options';
import type { Problem } from './relay-connection';

let server: FakeServer;
let presence: FakePresence;
/** What the relay answers to a request without the upgrade; `undefined`: it cannot be reached. */
let answer: { status: number; body: unknown } | undefined;
const asked: { url: string; authorization: string | null }[] = [];
const logged: string[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  server = new FakeServer();
  presence = new FakePresence();
  answer = undefined;
  asked.length = logged.length = 0;
  vi.stubGlobal('fetch', (url: string, { headers }: RequestInit) => {
    asked.push({ url, authorization: new Headers(headers).get('authorization') });
    return answer ? Promise.resolve(Response.json(answer.body, { status: answer.status })) : Promise.reject(new TypeError('fetch failed'));
  });
  for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const)
    vi.spyOn(console, name).mockImplementation((...values) => void logged.push(values.map(String).join(' ')));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  expect(logged.join('\n')).not.toContain('t.0.k');
});

const settle = () => vi.advanceTimersByTimeAsync(0);
const refuse = (status: number, error: string, message = `because of ${error}`) => {
  server.mode = 'down';
  answer = { status, body: { error, message } };
};

async function connected(token: NonNullable<RelayClientOptions['token']>, options: RelayClientOptions = {}) {
  const client = new RelayClient({ url: 'ws://relay.test/base/ws', WebSocket: server.WebSocket, presence, token, ...options });
  const problems: Problem[] = [];
  client.onProblem((problem) => problems.push(problem));
  client.connect();
  await settle();
  return { client, problems };
}

const access = (expiresInMs = 300_000) => ({ user: 'ada', role: 'command', expires: '2026-11-29T12:00:00Z', expiresInMs });

async function live(token: NonNullable<RelayClientOptions['token']>) {
  const made = await connected(token);
  server.last.hello({ access: access() });
  server.last.snapshot('p1');
  expect(made.client.state.status).toBe('live');
  return made;
}

const sendToken = (status: string, expiresInMs: number) =>
  server.last.receive({
    event: 'relay:token',
    data: { status, expires: '2026-11-29T12:00:00Z', expiresInMs },
    timestamp: '2026-11-29T11:59:00Z',
  });

describe('a token', () => {
  test('is offered as a subprotocol, and the relay says what it grants', async () => {
    const { client } = await connected(() => Promise.resolve('t.0.k'));
    expect(server.last.protocols).toEqual(['cecelia.v1', 'bearer.t.0.k']);
    expect(server.last.address.search).toBe('');
    expect(client.access).toBeNull();
    const seen: unknown[] = [];
    client.onState(() => seen.push(client.access?.role));
    server.last.hello({ access: access() });

    expect(client.access).toEqual({ user: 'ada', role: 'command', expires: Date.now() + 300_000 });
    // It is known as soon as the state is another.
    expect(seen).toEqual(['command']);
  });

  test('that is empty is not offered, and access is null without access control', async () => {
    const { client } = await connected(() => Promise.resolve(''));
    expect(server.last.protocols).toEqual(['cecelia.v1']);
    server.last.hello();
    expect(client.access).toBeNull();
  });

  test('is requested again for each attempt', async () => {
    let count = 0;
    await live(() => Promise.resolve(`t${++count}`));
    server.last.cut();
    await vi.advanceTimersByTimeAsync(1500);
    expect(server.sockets.map(({ protocols }) => protocols[1])).toEqual(['bearer.t1', 'bearer.t2']);
  });

  test('rules out a plain connection, which has no place for it', async () => {
    expect(() => new RelayClient({ token: () => Promise.resolve('t'), protocol: 'plain', url: 'ws://relay.test/ws' })).toThrow(TypeError);
    server.mode = 'plain';
    await connected(() => Promise.resolve('t'));
    expect(server.sockets.map(({ protocols }) => protocols.length)).toEqual([2]);
  });

  test('with characters that no subprotocol has is not sent anywhere', async () => {
    const { client } = await connected(() => Promise.resolve('t.0.k and more'));
    expect(client.state).toMatchObject({ status: 'unauthorized', why: 'unauthorized', end: { reason: 'token_malformed' } });
    expect(JSON.stringify(client.state)).not.toContain('t.0.k');
    expect([...server.sockets, ...asked]).toEqual([]);
  });

  test('that comes after close() opens no socket', async () => {
    let resolve: (token: string) => void = () => undefined;
    const { client } = await connected(() => new Promise((done) => (resolve = done)));
    client.connect();
    expect(client.state).toMatchObject({ status: 'connecting', attempts: 1 });
    client.close();
    resolve('t');
    await settle();
    expect(client.state.status).toBe('closed');
    expect(server.sockets).toEqual([]);
  });
});

describe('unauthorized', () => {
  test('is the state while the option token is rejected, until it is not', async () => {
    let isSignedIn = false;
    const { client } = await connected(() => (isSignedIn ? Promise.resolve('t') : Promise.reject(new Error('Sign in first'))));
    expect(client.state).toMatchObject({
      status: 'unauthorized',
      why: 'no-token',
      message: 'Sign in first',
      waitsFor: 'time',
      nextTry: Date.now() + 3000,
      end: { code: 1006, reason: 'no_token' },
    });
    await vi.advanceTimersByTimeAsync(2999);
    isSignedIn = true;
    expect(server.sockets).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(server.sockets).toHaveLength(1);
  });

  test('is the state after a 401, with its reason, and connect() tries again at once', async () => {
    refuse(401, 'token_issuer', 'The token has another issuer than the relay accepts');
    const { client } = await connected(() => Promise.resolve('t.0.k'));
    expect(asked).toEqual([{ url: 'http://relay.test/base/ws', authorization: 'Bearer t.0.k' }]);
    expect(client.state).toMatchObject({
      status: 'unauthorized',
      why: 'unauthorized',
      message: 'The token has another issuer than the relay accepts',
      end: { reason: 'token_issuer' },
    });
    server.mode = 'subprotocol';
    client.connect();
    expect(client.state).toMatchObject({ status: 'unauthorized', waitsFor: 'answer', nextTry: null });
    await settle();
    server.last.hello({ access: access() });
    expect(client.state.status).toBe('catching-up');
    expect(asked).toHaveLength(1);
  });

  test('backs off after a 401, and waits for the longest delay after a 403', async () => {
    refuse(401, 'token_expired');
    const { client } = await connected(() => Promise.resolve('t'), { baseDelayMs: 1000, maxDelayMs: 60_000 });
    const waits: number[] = [];
    while (waits.length < 3) {
      if (client.state.status !== 'unauthorized' || client.state.nextTry === null) throw new Error(client.state.status);
      waits.push(client.state.nextTry - Date.now());
      await vi.advanceTimersByTimeAsync(waits.at(-1) ?? 0);
    }
    expect(waits).toEqual([1000, 2000, 4000]);
    refuse(403, 'role_required');
    client.connect();
    await settle();
    expect(client.state).toMatchObject({
      status: 'unauthorized',
      why: 'forbidden',
      end: { reason: 'role_required' },
      nextTry: Date.now() + 60_000,
    });
  });

  test.each([
    ['an unreachable relay', undefined, 'refused'],
    ['a relay without keys', { status: 503, body: { error: 'keys_unavailable', message: 'No keys yet' } }, 'keys_unavailable'],
    ['a relay that limits requests', { status: 429, body: { error: 'too_many_requests', message: 'Too many' } }, 'too_many_requests'],
    ['a proxy that does not pass upgrades on', { status: 426, body: { error: 'upgrade_required', message: 'Not a WebSocket' } }, 'refused'],
    ['a filter that the relay does not accept', { status: 400, body: { error: 'bad_filter', message: 'An empty value' } }, 'bad_filter'],
    ['an error page', { status: 502, body: null }, 'refused'],
  ])('is not the state with %s', async (_, response, reason) => {
    server.mode = 'down';
    answer = response;
    const { client } = await connected(() => Promise.resolve('t'));
    expect(client.state).toMatchObject({ status: 'reconnecting', end: { reason } });
  });

  test('becomes reconnecting when the relay cannot be reached any more', async () => {
    refuse(401, 'token_expired');
    const { client } = await connected(() => Promise.resolve('t'));
    answer = undefined;
    client.connect();
    await settle();
    expect(client.state).toMatchObject({ status: 'reconnecting', end: { reason: 'refused' } });
  });

  test('takes a refusal without a body by its status', async () => {
    refuse(401, '');
    answer = { status: 401, body: null };
    const { client } = await connected(() => Promise.resolve('t'));
    expect(client.state).toMatchObject({ why: 'unauthorized', message: 'The relay returned HTTP 401', end: { reason: 'unauthorized' } });
  });

  test('is left at once when a hidden page becomes visible', async () => {
    refuse(401, 'token_expired');
    presence.hidden = true;
    const { client } = await connected(() => Promise.resolve('t'));
    expect(client.state).toMatchObject({ status: 'unauthorized', waitsFor: 'visible', nextTry: null });
    server.mode = 'subprotocol';
    presence.set({ hidden: false });
    await settle();
    expect(server.openSockets).toHaveLength(1);
  });

  test('has no access, and close() while the reason is being asked for ends it', async () => {
    const { client } = await live(() => Promise.resolve('t'));
    refuse(401, 'token_expired');
    server.last.cut();
    await vi.advanceTimersByTimeAsync(1500);
    expect(client.state.status).toBe('unauthorized');
    expect(client.access).toBeNull();
    client.connect();
    client.close();
    await settle();
    expect(client.state.status).toBe('closed');
  });

  test('gives up after the maximum number of attempts', async () => {
    refuse(401, 'token_expired');
    const { client } = await connected(() => Promise.resolve('t'), { maxAttempts: 2 });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(client.state).toMatchObject({ status: 'closed', why: 'gave-up', end: { reason: 'token_expired' } });
  });
});

describe('expiry', () => {
  test('a warning sends a new token on the open connection', async () => {
    let token = 'old';
    let calls = 0;
    const { client } = await live(() => (calls++, Promise.resolve(token)));
    token = 'new';
    const accesses: unknown[] = [];
    client.on('relay:token', () => accesses.push(client.access?.expires));
    sendToken('expiring', 60_000);
    await settle();
    expect(server.last.sent).toEqual([{ type: 'token', token: 'new' }]);
    sendToken('accepted', 600_000);

    expect(accesses).toEqual([Date.now() + 60_000, Date.now() + 600_000]);
    expect(client.access).toMatchObject({ user: 'ada', expires: Date.now() + 600_000 });
    await vi.advanceTimersByTimeAsync(45_000);
    expect(calls).toBe(2);
  });

  test('the token that is in use is not sent again, and a later one is', async () => {
    let token = 'same';
    await live(() => Promise.resolve(token));
    sendToken('expiring', 60_000);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(server.last.sent).toEqual([]);
    token = 'other';
    await vi.advanceTimersByTimeAsync(30_000);
    expect(server.last.sent.filter(({ type }) => type === 'token')).toEqual([{ type: 'token', token: 'other' }]);
  });

  test('without a new token there is a problem, and another try', async () => {
    let isSignedIn = true;
    const { problems } = await live(() => (isSignedIn ? Promise.resolve('t1') : Promise.reject(new Error('The session has ended'))));
    isSignedIn = false;
    sendToken('expiring', 60_000);
    await settle();
    expect(problems).toMatchObject([{ kind: 'no_token', message: 'There is no new token: The session has ended' }]);
    await vi.advanceTimersByTimeAsync(1500);
    expect(problems).toHaveLength(2);
    server.last.cut(4005, 'the token has expired');
    await vi.advanceTimersByTimeAsync(1000);
    expect(problems).toHaveLength(2);
  });

  test('renew() sends a token that has changed, and otherwise nothing', async () => {
    let token = 't1';
    let calls = 0;
    const { client } = await live(() => (calls++, Promise.resolve(token)));
    client.renew();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(calls).toBe(2);
    token = 't2';
    client.renew();
    await settle();
    expect(server.last.sent.filter(({ type }) => type === 'token')).toEqual([{ type: 'token', token: 't2' }]);
  });

  test('close code 4005 reconnects at once with a new token', async () => {
    let count = 0;
    const { client } = await live(() => Promise.resolve(`t${++count}`));
    const expire = () => {
      server.last.receive({
        event: 'relay:bye',
        data: { code: 4005, reason: 'token_expired', reconnect: true, retryAfterMs: 2500 },
        timestamp: '2026-11-29T12:00:00Z',
      });
      server.last.cut(4005);
    };
    expire();
    expect(client.state).toMatchObject({ status: 'reconnecting', end: { code: 4005, reason: 'token_expired' } });
    await settle();
    expect(server.sockets.map(({ protocols }) => protocols[1])).toEqual(['bearer.t1', 'bearer.t2']);
    expect(server.last.address.search).toBe('?since=p1');
    // Again before it was live: no fast loop.
    expire();
    await vi.advanceTimersByTimeAsync(100);
    expect(server.sockets).toHaveLength(2);
  });

  test('close code 4500 ends the connection until connect()', async () => {
    const { client } = await live(() => Promise.resolve('t'));
    server.last.cut(4500);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(client.state).toMatchObject({ status: 'closed', why: 'refused', end: { code: 4500 } });
    expect(server.sockets).toHaveLength(1);
  });
});
