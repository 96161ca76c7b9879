import { CommandError, type CommandAck, type RelayConnection } from 'cecelia-client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeConnection } from '../../../tests/fakes/fake-connection';
import type { ActionTarget } from './actions';
import { type Batch, runBatch } from './batch';
import { batchSummary } from './batch-summary';
import { watchMessageLimit } from './message-limit';
import { replyMs, sendCommand } from './send-command';
import { verdictText } from './verdict-text';

type Reply = Parameters<NonNullable<NonNullable<Parameters<RelayConnection['command']>[2]>['onReply']>>[0];

/** Responds to each command as the test says. */
class AnsweringConnection extends FakeConnection {
  readonly times: number[] = [];
  answer: (id: string, reply: (event: string, data: object) => void) => CommandAck | CommandError = () => ({ id: 'c1', receivers: 1 });

  override command(...[name, data, options]: Parameters<RelayConnection['command']>): Promise<CommandAck> {
    void super.command(name, data, options);
    this.times.push(Date.now());
    const reply = (event: string, fields: object) => options?.onReply?.({ event, data: fields } as unknown as Reply);
    const outcome = this.answer(String((data as { execution_id?: string }).execution_id), reply);
    return outcome instanceof CommandError ? Promise.reject(outcome) : Promise.resolve(outcome);
  }
}

const target = (id: string): ActionTarget => ({ kind: 'execution', id, status: 'running', project: undefined });
const targets = (count: number) => Array.from({ length: count }, (_, index) => target(`e${index}`));
const ack = { id: 'c1', receivers: 1 };

let connection: AnsweringConnection;

beforeEach(() => {
  vi.useFakeTimers();
  connection = new AnsweringConnection();
});
afterEach(() => {
  vi.useRealTimers();
});

async function batchOf(count: number, stop?: { readonly afterMs: number }): Promise<Batch> {
  let last: Batch | undefined;
  const stopping = new AbortController();
  if (stop) setTimeout(() => stopping.abort(), stop.afterMs);
  const run = runBatch(connection, 'cancel', targets(count), undefined, stopping.signal, (batch) => (last = { ...batch }));
  await vi.runAllTimersAsync();
  await run;
  if (last === undefined) throw new Error('no change was reported');
  return last;
}

test('a reply before the acknowledgement decides, and nothing else is shown', async () => {
  connection.answer = (_, reply) => {
    reply('command:done', { execution_id: 'e1-2' });
    return ack;
  };
  const seen: string[] = [];
  const verdict = await sendCommand(
    connection,
    { name: 'pause_session', data: {}, projectId: 'p1' },
    ({ status }) => void seen.push(status),
  );
  expect(verdict).toEqual({ status: 'done', execution: 'e1-2' });
  expect(seen).toEqual(['sending', 'done']);
  expect(connection.commands[0]?.options?.projectId).toBe('p1');
  expect(verdictText('pause', verdict)).toBe('Paused');
});

test('a Brain that does not reply is waited for, and a late reply still counts', async () => {
  let late: (event: string, data: object) => void = () => undefined;
  connection.answer = (_, reply) => {
    late = reply;
    return ack;
  };
  const seen: string[] = [];
  const sent = sendCommand(connection, { name: 'pause_session', data: {}, projectId: undefined }, (verdict) =>
    seen.push(verdictText('pause', verdict)),
  );
  await vi.advanceTimersByTimeAsync(replyMs - 1);
  expect(seen.at(-1)).toBe('Received by 1 Brain. Waiting for the result.');
  await vi.advanceTimersByTimeAsync(1);
  expect((await sent).status).toBe('unanswered');
  expect(seen.at(-1)).toBe('No answer from Brain within 10 s. It may still execute the command.');
  late('error', { error: 'not_running', message: 'run-1 is queued' });
  expect(seen.at(-1)).toBe('Not paused. It is not running.');
});

test('the verdicts of a selection are counted by reason', async () => {
  connection.answer = (id, reply) => {
    if (id === 'e3') return new CommandError('no_receiver', 'no subscriber');
    if (id === 'e4') return ack;
    if (id === 'e2') reply('error', { error: 'already_ended' });
    else reply('command:done', {});
    return ack;
  };
  const batch = await batchOf(5);
  expect(batch.isRunning).toBe(false);
  expect(batchSummary(batch).map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
    'done: 2 cancelled',
    'failed: 1 not cancelled. It has already ended.',
    'failed: 1 not cancelled. No Brain is subscribed.',
    'open: 1 unknown. No answer from Brain within 10 s. It may still execute the command.',
  ]);
});

test('at most 100 commands are sent, and no more in a second than the relay accepts', async () => {
  const stop = watchMessageLimit(connection);
  connection.receive({ event: 'relay:hello', data: { limits: { messageBytes: 65_536, messagesPerSecond: 4 } } } as never);
  stop();
  connection.answer = (_, reply) => {
    reply('command:done', {});
    return ack;
  };
  const batch = await batchOf(130);
  expect(batch.count).toBe(100);
  expect(connection.times).toHaveLength(100);
  const steps = connection.times.slice(1).map((time, index) => time - (connection.times[index] ?? 0));
  expect(Math.min(...steps)).toBeGreaterThanOrEqual(250);
});

test('a command that was refused because of the rate is sent again', async () => {
  let refusals = 2;
  connection.answer = (_, reply) => {
    if (refusals-- > 0) return new CommandError('too_many_commands', 'too many');
    reply('command:done', {});
    return ack;
  };
  expect(batchSummary(await batchOf(1)).map(({ text }) => text)).toEqual(['1 cancelled']);
  expect(connection.times).toHaveLength(3);
});

test('a batch that is stopped says how many commands were not sent', async () => {
  connection.answer = (_, reply) => {
    reply('command:done', {});
    return ack;
  };
  const batch = await batchOf(20, { afterMs: 300 });
  expect(batchSummary(batch).map(({ text }) => text)).toEqual(['3 cancelled', '17 not sent']);
});
