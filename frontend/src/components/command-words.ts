import { CommandError } from '../services/relay-connection';
import type { CommandAck } from '../services/relay-connection';
import { ofWords } from './time-words';

const reasons: Readonly<Record<string, string>> = {
  bad_command: 'The relay found a mistake in the command.',
  command_not_allowed: 'The relay does not take this command.',
  command_too_large: 'The text is too long for a command.',
  commands_disabled: 'Commands are switched off at this relay.',
  commands_full: 'Too many commands wait for Redis. Try again in a moment.',
  no_receiver: 'No Brain is listening: nobody has the command.',
  redis_unavailable: 'Redis cannot be reached, so Brain may not have the command.',
  too_many_commands: 'Too many commands in one second. Try again in a moment.',
  not_connected: 'There is no connection; nothing was sent.',
  timeout: 'No answer came in time. Whether Brain has the command is not known.',
  connection_lost: 'The connection was lost. Whether Brain has the command is not known.',
  too_many_pending: 'Too many commands of this page wait for an answer.',
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
  return ack.receivers === null ? 'Sent; this relay does not tell who received it.' : `Received by ${ofWords(ack.receivers, 'Brain')}.`;
}
