import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { RelayClientOptions } from '../../src/services/relay-client-options';
import type { WebSocketClass } from '../../src/services/connector';
import { RelayClient } from '../../src/services/relay-client';
import { LiveState } from '../../src/state/live-state';
import { until } from '../browser/programs';
import { RedisServer, RelayServer } from '../browser/servers';
import { TokenIssuer } from './token-issuer';

describe.skipIf(process.env.RELAY === undefined)('The client with a relay that requires tokens (RELAY must name it)', () => {
  const issuer = new TokenIssuer();
  const stranger = new TokenIssuer();
  let redis: RedisServer;
  let relay: RelayServer;
  const clients: RelayClient[] = [];

  beforeAll(async () => {
    redis = await RedisServer.start();
    relay = await RelayServer.start(redis, { ...issuer.settings, CECELIA_COMMAND_NAMES: 'pause_session' });
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });
  afterAll(async () => {
    await relay.stop();
    await redis.stop();
    issuer.dispose();
    stranger.dispose();
  });

  function open(token: NonNullable<RelayClientOptions['token']>, more: RelayClientOptions = {}): RelayClient {
    const client = new RelayClient({ url: `${relay.origin}/ws`, WebSocket: WebSocket as unknown as WebSocketClass, token, ...more });
    clients.push(client);
    client.connect();
    return client;
  }

  const becomes = (client: RelayClient, status: string) =>
    until(
      () => client.state.status === status,
      () => `${status}, but the state is ${JSON.stringify(client.state)}`,
    );

  test('is live with a token, and has its user, role and expiry', async () => {
    const client = open(() => Promise.resolve(issuer.issue({ role: 'read' }, 600)));
    await becomes(client, 'live');
    expect(client.access).toMatchObject({ user: 'ada', role: 'read' });
    expect((client.access?.expires ?? 0) - Date.now()).toBeGreaterThan(0);
    expect((client.access?.expires ?? 0) - Date.now()).toBeLessThanOrEqual(600_000);
    expect(client.commandNames).toBeNull();
    // The relay decides, and says why.
    await expect(client.command('pause_session')).rejects.toMatchObject({ reason: 'command_not_allowed' });
  });

  test('has the commands that the token allows', async () => {
    const client = open(() => Promise.resolve(issuer.issue({ role: 'command' })));
    await becomes(client, 'live');
    expect(client.commandNames).toEqual(['pause_session']);
    const none = open(() => Promise.resolve(issuer.issue({ role: 'command', commands: [] })));
    await becomes(none, 'live');
    expect(none.commandNames).toEqual([]);
  });

  test.each([
    ['no token', '', 'token_missing', 'unauthorized'],
    ['text that is not a token', 'nonsense', 'token_malformed', 'unauthorized'],
    ['an expired token', issuer.issue({ role: 'read' }, -60), 'token_expired', 'unauthorized'],
    ['a token of another issuer', issuer.issue({ role: 'read' }, 60, { iss: 'https://other.example' }), 'token_issuer', 'unauthorized'],
    ['a token for another service', issuer.issue({ role: 'read' }, 60, { aud: 'other' }), 'token_audience', 'unauthorized'],
    ['a token with another key', stranger.issue({ role: 'read' }), 'token_signature', 'unauthorized'],
    ['a token without a right', issuer.issue({ role: 'read' }, 60, { cecelia: {} }), 'role_required', 'forbidden'],
  ])('is unauthorized with %s, and says why', async (_, token, reason, why) => {
    const client = open(() => Promise.resolve(token));
    await becomes(client, 'unauthorized');
    expect(client.state).toMatchObject({ why, end: { reason } });
    expect(client.state).toHaveProperty('message', expect.stringMatching(/\w+ \w+/));
  });

  test('is not unauthorized while the relay cannot be reached', async () => {
    const client = open(() => Promise.resolve(issuer.issue({ role: 'read' })), { url: 'ws://127.0.0.1:1/ws' });
    await becomes(client, 'reconnecting');
    expect(client.state).toMatchObject({ end: { reason: 'refused' } });
  });

  test('renews the token on the open connection; without a new one it reconnects at once after the expiry', async () => {
    // Long enough for a slow machine to connect in time. The warning is after half of it.
    const seconds = 10;
    let isFirst = true;
    const renewed = open(() => {
      const token = issuer.issue({ role: 'read' }, isFirst ? seconds : 600);
      isFirst = false;
      return Promise.resolve(token);
    });
    const ends: unknown[] = [];
    let calls = 0;
    // Only the calls after the end have another token.
    const expired = open(
      () =>
        ends.length === 0 && calls++ > 0
          ? Promise.reject(new Error('none'))
          : Promise.resolve(issuer.issue({ role: 'read' }, ends.length === 0 ? seconds : 600)),
      { baseDelayMs: 60_000, maxDelayMs: 600_000 },
    );
    const statuses: string[] = [];
    renewed.on('relay:token', ({ data }) => statuses.push(data.status));
    expired.onState((state) => state.status === 'reconnecting' && ends.push(state.end));

    await until(
      () => statuses.includes('accepted'),
      () => `an accepted token, but there was ${statuses.join(', ')}`,
    );
    expect(statuses).toEqual(['expiring', 'accepted']);
    expect((renewed.access?.expires ?? 0) - Date.now()).toBeGreaterThan(300_000);
    await until(
      () => expired.counts.reconnects === 1,
      () => `a reconnect, but the state is ${JSON.stringify(expired.state)}`,
    );
    expect(ends[0]).toMatchObject({ code: 4005, reason: 'token_expired' });
    expect(renewed.counts.reconnects).toBe(0);
    expect(renewed.state.status).toBe('live');
  });

  test('other rights of a new token replace the state', async () => {
    const name = (task: string, project: string) => ({
      event: 'task:created',
      project_id: project,
      data: { taskId: task, project_id: project },
    });
    await redis.publish(name('mine', 'p1'), name('other', 'p2'));
    let rights: readonly string[] | '*' = '*';
    const client = open(() => Promise.resolve(issuer.issue({ role: 'read', projects: rights })));
    const view = new LiveState(client);
    await until(
      () => view.sections.tasks.has('mine') && view.sections.tasks.has('other'),
      () => 'both tasks',
    );
    rights = ['p1'];
    client.renew();
    await until(
      () => view.sections.tasks.size === 1,
      () => `one task, but there are ${[...view.sections.tasks.keys()].join(', ')}`,
    );
    expect([...view.sections.tasks.keys()]).toEqual(['mine']);
    expect(client.counts.reconnects).toBe(0);
  });
});
