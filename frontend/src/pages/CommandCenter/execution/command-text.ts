import { type CommandAck, CommandError } from 'cecelia-client';
import { formatQuantity } from '../../../format/format-time';

const reasons: Readonly<Record<string, string>> = {
  bad_command: 'The command is not valid.',
  command_not_allowed: 'The relay does not allow this command.',
  command_too_large: 'The command is too large.',
  commands_disabled: 'Commands are disabled on this relay.',
  commands_full: 'Too many commands are queued for Redis. Try again shortly.',
  no_receiver: 'No Brain is subscribed. The command was not delivered.',
  redis_unavailable: 'Redis is unavailable. The command may not have been delivered.',
  too_many_commands: 'Rate limit exceeded: too many commands per second. Try again shortly.',
  not_connected: 'Not connected. The command was not sent.',
  timeout: 'The relay did not respond in time. The command may or may not have been delivered.',
  connection_lost: 'The connection was lost. The command may or may not have been delivered.',
  too_many_pending: 'Too many commands from this page are pending.',
};

/** Describes why a command failed. Includes the message of the relay where it adds information. */
export function commandErrorText(error: unknown): string {
  if (!(error instanceof CommandError)) return error instanceof Error ? error.message : String(error);
  const text = Object.hasOwn(reasons, error.reason) ? reasons[error.reason] : undefined;
  if (text === undefined) return error.message;
  return error.reason === 'bad_command' || error.reason === 'redis_unavailable' ? `${text} ${error.message}` : text;
}

/** Describes the delivery of a command. Delivery does not mean that Brain executed it. */
export function commandAckText(ack: CommandAck): string {
  return ack.receivers === null
    ? 'Sent. The relay does not report the number of receivers.'
    : `Delivered to ${formatQuantity(ack.receivers, 'Brain instance')}.`;
}
