import { CommandError } from '../services/relay-connection';
import type { CommandAck } from '../services/relay-connection';
import { ofWords } from './time-words';

const reasons: Readonly<Record<string, string>> = {
  bad_command: 'The command is not valid.',
  command_not_allowed: 'The relay does not allow this command.',
  command_too_large: 'The text is too long for a command.',
  commands_disabled: 'Commands are disabled on this relay.',
  commands_full: 'Too many commands are waiting for Redis. Try again in a moment.',
  no_receiver: 'No Brain is listening, so the command was not delivered.',
  redis_unavailable: 'Redis cannot be reached, so the command may not have been delivered.',
  too_many_commands: 'Too many commands in one second. Try again in a moment.',
  not_connected: 'Not connected. Nothing was sent.',
  timeout: 'The relay did not answer in time. It is not known whether the command was delivered.',
  connection_lost: 'The connection was lost. It is not known whether the command was delivered.',
  too_many_pending: 'Too many commands of this page are waiting for an answer.',
};

/** Why a command came to nothing, in words, with the relay's own where they add something. */
export function commandFailure(error: unknown): string {
  if (!(error instanceof CommandError)) return error instanceof Error ? error.message : String(error);
  const words = Object.hasOwn(reasons, error.reason) ? reasons[error.reason] : undefined;
  if (words === undefined) return error.message;
  return error.reason === 'bad_command' || error.reason === 'redis_unavailable' ? `${words} ${error.message}` : words;
}

/** That a command was given to Brain, which is not to say that it was obeyed. */
export function commandSuccess(ack: CommandAck): string {
  return ack.receivers === null ? 'Sent. This relay does not report receivers.' : `Received by ${ofWords(ack.receivers, 'Brain')}.`;
}
