import { type CommandAck, CommandError } from 'cecelia-client';
import { toSentence } from '../../../format/format-value';
import { findMessage, t } from '../../../i18n/messages';

/** Describes why a command failed. Includes the message of the relay where it adds information. */
export function commandErrorText(error: unknown): string {
  if (!(error instanceof CommandError)) return error instanceof Error ? error.message : String(error);
  const id = findMessage('execution.refusal.', error.reason);
  return id === undefined ? error.message : t(id, { detail: toSentence(error.message) });
}

/** Describes the delivery of a command. Delivery does not mean that Brain executed it. */
export function commandAckText(ack: CommandAck): string {
  return ack.receivers === null ? t('execution.command.sent') : t('execution.command.delivered', { count: ack.receivers });
}
