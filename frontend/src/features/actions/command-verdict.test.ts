import { expect, test } from 'vitest';
import { isSettled, nextVerdict, type Verdict, type VerdictSignal } from './command-verdict';

const ack: VerdictSignal = { type: 'ack', receivers: 1 };
const ok: VerdictSignal = { type: 'reply', isError: false };
const no: VerdictSignal = { type: 'reply', isError: true, reason: 'already_ended', message: 'run-1 is completed' };
const silence: VerdictSignal = { type: 'silence' };
const failure = (reason: string): VerdictSignal => ({ type: 'failure', reason, message: 'why' });

function after(...signals: readonly VerdictSignal[]): Verdict {
  return signals.reduce(nextVerdict, { status: 'sending' });
}

test.each<[string, readonly VerdictSignal[], Verdict['status']]>([
  ['nothing yet', [], 'sending'],
  ['an acknowledgement', [ack], 'received'],
  ['a reply replaces the acknowledgement', [ack, ok], 'done'],
  ['an error of Brain replaces the acknowledgement', [ack, no], 'refused'],
  ['a reply before the acknowledgement', [ok, ack], 'done'],
  ['no reply', [ack, silence], 'unanswered'],
  ['a reply after the time limit', [ack, silence, ok], 'done'],
  ['a time limit after the reply', [ack, no, silence], 'refused'],
  ['a second reply', [ack, ok, no], 'done'],
  ['the success of another Brain', [ack, no, ok], 'done'],
  ['no receiver', [failure('no_receiver')], 'impossible'],
  ['not connected', [failure('not_connected')], 'impossible'],
  ['not allowed', [failure('command_not_allowed')], 'impossible'],
  ['refused by the relay', [failure('bad_command')], 'refused'],
  ['the connection was lost', [failure('connection_lost')], 'unknown'],
  ['no acknowledgement', [failure('timeout')], 'unknown'],
  ['a reply without an acknowledgement', [failure('timeout'), ok], 'done'],
])('%s', (_, signals, status) => {
  expect(after(...signals).status).toBe(status);
});

test('a refusal keeps the first reason, and a signal that changes nothing returns the same object', () => {
  const refused = after(ack, no);
  expect(refused).toEqual({ status: 'refused', by: 'brain', reason: 'already_ended', message: 'run-1 is completed' });
  expect(nextVerdict(refused, { type: 'reply', isError: true, reason: 'unknown_task' })).toBe(refused);
  expect(nextVerdict(refused, ack)).toBe(refused);
});

test('only sending and received are waited for', () => {
  expect([after(), after(ack)].map(isSettled)).toEqual([false, false]);
  expect([after(ok), after(no), after(ack, silence), after(failure('no_receiver')), after(failure('timeout'))].every(isSettled)).toBe(true);
});
