import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FakePresence, FakeServer } from '../../tests/fakes/fake-socket';
import type { Problem } from './relay-connection';
import { RelayClient } from './relay-client';

let server: FakeServer;
let presence: FakePresence;

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  presence = new FakePresence();
});

afterEach(() => {
  vi.useRealTimers();
});

const settle = () => vi.advanceTimersByTimeAsync(0);

async function connected() {
  const client = new RelayClient({ url: 'ws://relay.test/ws', WebSocket: server.WebSocket, presence });
  const problems: Problem[] = [];
  client.onProblem((problem) => problems.push(problem));
  client.connect();
  await settle();
  return { client, problems };
}

async function live() {
  const made = await connected();
  server.last.hello();
  server.last.snapshot('p1');
  expect(made.client.state.status).toBe('live');
  return made;
}

describe('commands', () => {
  test('resolve with their own acknowledgement', async () => {
    const { client } = await live();
    const first = client.command('start_session', { graph: 'g1' });
    const second = client.command('task_updated', {}, { projectId: 'p1', shape: 'board' });
    expect(server.last.sent).toEqual([
      { cmd: 'start_session', data: { graph: 'g1' }, ref: 'c1' },
      { type: 'task_updated', data: {}, project_id: 'p1', ref: 'c2' },
    ]);
    server.last.receive({ event: 'relay:ack', data: { id: 'i2', ref: 'c2', receivers: 0 }, timestamp: 'now' });
    server.last.receive({ event: 'relay:ack', data: { id: 'i1', ref: 'c1', receivers: 2 }, timestamp: 'now' });
    await expect(first).resolves.toEqual({ id: 'i1', receivers: 2 });
    await expect(second).resolves.toEqual({ id: 'i2', receivers: 0 });
  });

  test('reject with the relay’s reason', async () => {
    const { client, problems } = await live();
    const command = client.command('nonsense');
    server.last.receive({ event: 'relay:error', data: { reason: 'command_not_allowed', message: 'No', ref: 'c1' }, timestamp: 'now' });
    await expect(command).rejects.toMatchObject({ name: 'CommandError', reason: 'command_not_allowed' });
    expect(problems).toEqual([]);
  });

  test('reject after the timeout, when the connection ends, and when there is none', async () => {
    const { client } = await live();
    const late = expect(client.command('a', {}, { timeoutMs: 100 })).rejects.toMatchObject({ reason: 'timeout' });
    await vi.advanceTimersByTimeAsync(100);
    await late;
    const lost = expect(client.command('b')).rejects.toMatchObject({ reason: 'connection_lost' });
    server.last.cut();
    await lost;
    await expect(client.command('c')).rejects.toMatchObject({ reason: 'not_connected' });
  });

  test('are limited to sixty-four pending ones', async () => {
    const { client } = await live();
    const waiting = Array.from({ length: 64 }, () => client.command('a').catch(() => undefined));
    await expect(client.command('one more')).rejects.toMatchObject({ reason: 'too_many_pending' });
    expect(server.last.sent).toHaveLength(64);
    client.close();
    await Promise.all(waiting);
  });

  test('pass replies on, including those that arrive before the acknowledgement', async () => {
    const { client } = await live();
    const replies: string[] = [];
    const command = client.command('start_session', {}, { onReply: ({ event }) => replies.push(event) });
    server.last.receive({ event: 'early', data: {}, timestamp: 'now', reply_to: 'i1' });
    server.last.receive({ event: 'of another', data: {}, timestamp: 'now', reply_to: 'i9' });
    server.last.receive({ event: 'relay:ack', data: { id: 'i1', ref: 'c1', receivers: 1 }, timestamp: 'now' });
    server.last.receive({ event: 'later', data: {}, timestamp: 'now', reply_to: 'i1' });
    await command;
    expect(replies).toEqual(['early', 'later']);
  });

  test('on a plain server are accepted without an error within the publishing timeout', async () => {
    server.mode = 'plain';
    const { client } = await connected();
    const taken = client.command('a');
    const refused = expect(client.command('b')).rejects.toMatchObject({ reason: 'no_receiver' });
    server.last.receive({ type: 'error', reason: 'no_receiver', message: 'No Brain', ref: 'c2' });
    await refused;
    const refusedByEvent = expect(client.command('c')).rejects.toMatchObject({ reason: 'no_receiver', message: 'No Brain' });
    server.last.receive({ event: 'error', data: { error: 'No Brain', reason: 'no_receiver', ref: 'c3' }, timestamp: 'now' });
    await vi.advanceTimersByTimeAsync(3500);
    await refusedByEvent;
    await expect(taken).resolves.toEqual({ id: null, receivers: null });
  });

  test('refused by a plain server are not events of a publisher', async () => {
    server.mode = 'plain';
    const { client, problems } = await connected();
    const messages: unknown[] = [];
    client.subscribe(({ event, data }) => messages.push([event, data]));
    client.send({ cmd: 'start_session' });
    server.last.receive({ event: 'error', data: { error: 'No Brain', reason: 'no_receiver' }, timestamp: 'now' });
    server.last.receive({ type: 'error', reason: 'no_receiver', message: 'No Brain' });
    const refusal = ['relay:error', { reason: 'no_receiver', message: 'No Brain' }];
    expect(messages).toEqual([refusal, refusal]);
    expect(client.counts).toMatchObject({ messages: 2, events: 0, problems: 2 });
    expect(problems.map(({ kind, message }) => [kind, message])).toEqual(Array(2).fill(['refused_by_relay', 'no_receiver: No Brain']));

    server.last.receive({ event: 'error', data: { error: 'No disk', node_id: 'n1' }, timestamp: 'now' });
    expect(messages.at(-1)).toEqual(['error', { error: 'No disk', node_id: 'n1' }]);
    expect(client.counts).toMatchObject({ events: 1, problems: 2 });
  });
});
