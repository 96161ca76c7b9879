import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakePresence, FakeServer } from '../../tests/fakes/fake-socket';
import { patienceMs } from '../../test-limits';
import { CommandError, type InboundMessage } from '../services/relay-connection';
import { SharedRelayClient, type SharedRelayClientOptions } from '../services/shared-relay-client';
import { LiveState } from './live-state';
import { SharedHub } from './shared-hub';

let server: FakeServer;
let hub: SharedHub;
const ports: MessagePort[] = [];

beforeEach(() => {
  server = new FakeServer();
  hub = new SharedHub(server.WebSocket);
});

afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

function tab(options: Omit<Partial<SharedRelayClientOptions>, 'port'> = {}) {
  const presence = new FakePresence();
  const client = new SharedRelayClient({
    url: 'ws://relay.test/ws',
    presence,
    ...options,
    port: () => {
      const { port1, port2 } = new MessageChannel();
      hub.accept(port1);
      ports.push(port1, port2);
      return port2;
    },
  });
  const messages: InboundMessage[] = [];
  client.subscribe((message) => messages.push(message));
  const view = new LiveState(client, { schedule: (callback) => (queueMicrotask(callback), () => undefined) });
  client.connect();
  return { client, messages, presence, view };
}

const until = (condition: () => void) => vi.waitFor(condition, { timeout: patienceMs, interval: 1 });

async function firstTab() {
  const first = tab();
  await until(() => expect(server.sockets).toHaveLength(1));
  server.last.hello({ commands: ['start_session'] });
  server.last.snapshot('p1', {
    tasks: [{ id: 't1', status: 'queued', timestamp: '2026-11-21T08:00:00Z', received: '2026-11-21T08:00:00Z' }],
  });
  await until(() => expect(first.client.state.status).toBe('live'));
  return first;
}

test('tabs share one socket, and a later tab receives the current state immediately', async () => {
  const first = await firstTab();
  server.last.event('task:started', { taskId: 't1', status: 'running' }, 'p2');
  await until(() => expect(first.client.position).toBe('p2'));

  const second = tab();
  await until(() => expect(second.view.sections.tasks.get('t1')?.status).toBe('running'));
  expect(second.client.state.status).toBe('live');
  expect(second.client.position).toBe('p2');
  expect(second.client.commandNames).toEqual(['start_session']);

  server.last.event('task:completed', { taskId: 't1', status: 'completed' }, 'p3');
  await until(() => {
    for (const { view } of [first, second]) expect(view.sections.tasks.get('t1')?.status).toBe('completed');
  });
  expect(first.messages.filter(({ event }) => event === 'task:started')).toHaveLength(1);
  expect(second.messages.filter(({ event }) => event === 'task:started')).toHaveLength(0);
  expect(server.sockets).toHaveLength(1);
});

test('a tab that opens during a snapshot waits for its end', async () => {
  const first = await firstTab();
  server.last.receive({
    event: 'relay:gap',
    data: { cause: 'slow_client', missed: 3, from: null, to: null },
    timestamp: '2026-11-21T08:00:00Z',
  });
  server.last.snapshot('x', { part: 1, last: false, tasks: [] });
  const second = tab();
  await until(() => expect(second.client.state.status).toBe('catching-up'));
  expect(second.view.hasState).toBe(false);
  const entity = { id: 't2', status: 'failed', timestamp: '2026-11-21T08:00:00Z', received: '2026-11-21T08:00:00Z' };
  server.last.snapshot('p9', { part: 2, tasks: [entity] });
  await until(() => {
    for (const { view, client } of [first, second]) {
      expect([...view.sections.tasks.keys()]).toEqual(['t2']);
      expect(client.state.status).toBe('live');
    }
  });
});

test('a command is acknowledged in its own tab, which also receives its replies', async () => {
  const first = await firstTab();
  const second = tab();
  await until(() => expect(second.client.state.status).toBe('live'));
  const replies: string[] = [];
  const command = second.client.command('start_session', { graph: 'g1' }, { onReply: ({ event }) => replies.push(event) });
  await until(() => expect(server.last.sent).toHaveLength(1));
  server.last.receive({ event: 'relay:ack', data: { id: 'i1', ref: 'c1', receivers: 1 }, timestamp: 'now' });
  await expect(command).resolves.toEqual({ id: 'i1', receivers: 1 });
  server.last.receive({ event: 'session_started', data: {}, timestamp: 'now', reply_to: 'i1' });
  await until(() => expect(replies).toEqual(['session_started']));

  const refused = first.client.command('nonsense');
  await until(() => expect(server.last.sent).toHaveLength(2));
  server.last.receive({ event: 'relay:error', data: { reason: 'command_not_allowed', message: 'No', ref: 'c2' }, timestamp: 'now' });
  await expect(refused).rejects.toMatchObject({ reason: 'command_not_allowed' });
  await expect(refused).rejects.toBeInstanceOf(CommandError);
});

test('other options use another connection', async () => {
  await firstTab();
  tab({ filter: { project: 'p1' } });
  await until(() => expect(server.sockets).toHaveLength(2));
  expect(server.last.address.searchParams.get('project')).toBe('p1');
});

test('the socket is closed with the last tab, and a later tab opens a new one', async () => {
  const first = await firstTab();
  const second = tab();
  await until(() => expect(second.client.state.status).toBe('live'));
  first.client.close();
  second.client.close();
  await until(() => expect(server.openSockets).toHaveLength(0));
  const pending = first.client.command('start_session');
  await expect(pending).rejects.toMatchObject({ reason: 'not_connected' });
  tab();
  await until(() => expect(server.openSockets).toHaveLength(1));
});

test('the connection counts as visible if one tab is visible', async () => {
  const first = await firstTab();
  const second = tab();
  await until(() => expect(second.client.state.status).toBe('live'));
  first.presence.set({ hidden: true });
  second.presence.set({ hidden: true });
  // What a tab says arrives in order: behind these, its presence is known.
  for (const { client } of [first, second]) client.send({ cmd: 'behind' });
  await until(() => expect(server.last.sent.filter(({ cmd }) => cmd === 'behind')).toHaveLength(2));
  server.last.cut();
  await until(() => expect(first.client.state).toMatchObject({ status: 'reconnecting', waitsFor: 'visible' }));
  second.presence.set({ hidden: false });
  await until(() => expect(server.sockets).toHaveLength(2));
});

test('a tab without keep-alive for minutes is removed, and opens again with its next message', async () => {
  const first = await firstTab();
  const later = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 200_000);
  const second = tab();
  await until(() => expect(server.sockets).toHaveLength(2));
  later.mockRestore();
  server.last.hello();
  server.last.snapshot('p2');
  await until(() => expect(second.client.position).toBe('p2'));
  expect(first.client.position).toBe('p1');
  first.presence.set({ hidden: false });
  await until(() => expect(first.client.position).toBe('p2'));
  expect(server.openSockets).toHaveLength(1);
});

const granted = (expiresInMs: number) => ({ user: 'ada', role: 'read', expires: '2026-11-29T12:00:00Z', expiresInMs });

test('the tabs provide the token: the first that one of them has is used', async () => {
  const open: (() => void)[] = [];
  const first = tab({ token: () => Promise.reject(new Error('signed out')) });
  await until(() => expect(first.client.state).toMatchObject({ status: 'unauthorized', why: 'no-token', message: 'signed out' }));
  expect(server.sockets).toHaveLength(0);

  const second = tab({ token: () => new Promise((resolve) => open.push(() => resolve('t2'))) });
  await until(() => expect(open).toHaveLength(1));
  open[0]?.();
  await until(() => expect(server.sockets.map(({ protocols }) => protocols)).toEqual([['cecelia.v1', 'bearer.t2']]));
  server.last.hello({ access: granted(300_000) });
  server.last.snapshot('p1');
  for (const { client } of [first, second]) await until(() => expect(client.access).toMatchObject({ user: 'ada', role: 'read' }));
});

test('a token that expires is renewed by a tab, and a later tab receives the present expiry', async () => {
  let token = 't1';
  const first = tab({ token: () => Promise.resolve(token) });
  await until(() => expect(server.sockets).toHaveLength(1));
  await until(() => expect(server.last.protocol).toBe('cecelia.v1'));
  server.last.hello({ access: granted(60_000) });
  server.last.snapshot('p1');
  await until(() => expect(first.client.state.status).toBe('live'));
  token = 't2';
  first.client.renew();
  await until(() => expect(server.last.sent).toEqual([{ type: 'token', token: 't2' }]));
  server.last.receive({ event: 'relay:token', data: { status: 'accepted', ...granted(900_000) }, timestamp: '2026-11-29T11:59:00Z' });

  const expectLater = ({ access }: SharedRelayClient) => expect(access?.expires).toBeGreaterThan(Date.now() + 600_000);
  await until(() => expectLater(first.client));
  const second = tab({ token: () => Promise.resolve('t3') });
  await until(() => expectLater(second.client));
  expect(server.sockets).toHaveLength(1);
});

test('a tab that closes without having answered counts as one without a token', async () => {
  const silent = tab({ token: () => new Promise(() => undefined) });
  const other = tab({ token: () => Promise.reject(new Error('signed out')) });
  await until(() => expect(silent.client.state.status).toBe('connecting'));
  silent.client.close();
  await until(() => expect(other.client.state).toMatchObject({ status: 'unauthorized', why: 'no-token' }));
});

test('a tab that opens while the others have not answered is asked as well', async () => {
  const silent = tab({ token: () => new Promise(() => undefined) });
  await until(() => expect(silent.client.state.status).toBe('connecting'));
  tab({ token: () => Promise.resolve('t2') });
  await until(() => expect(server.sockets.map(({ protocols }) => protocols[1])).toEqual(['bearer.t2']));
});
