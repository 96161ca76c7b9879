import { toSentence } from '../../format/format-value';
import { findMessage, t } from '../../i18n/messages';
import type { Action } from './actions';
import { replyMs } from './send-command';
import type { Verdict } from './command-verdict';

/** Describes the verdict of a command in one sentence. */
export function verdictText(action: Action, verdict: Verdict): string {
  switch (verdict.status) {
    case 'sending':
      return t('action.verdict.sending');
    case 'received':
      return verdict.receivers === null ? t('action.verdict.sent') : t('action.verdict.received', { count: verdict.receivers });
    case 'done':
      return t(`action.${action}.done`);
    case 'refused':
    case 'impossible':
      return t(`action.${action}.failed`, { reason: reasonText(verdict) });
    case 'unanswered':
    case 'unknown':
      return reasonText(verdict);
  }
}

/** Describes why a command had no effect, or why that is unknown. */
export function reasonText(verdict: Exclude<Verdict, { status: 'sending' | 'received' | 'done' }>): string {
  if (verdict.status === 'unanswered') return t('action.verdict.unanswered', { seconds: replyMs / 1000 });
  const { reason, message } = verdict;
  const isBrains = verdict.status === 'refused' && verdict.by === 'brain';
  const id = reason === undefined ? undefined : findMessage(isBrains ? 'action.refusal.' : 'action.reason.', reason);
  if (id !== undefined) return t(id);
  return toSentence(message ?? reason ?? t('action.refusal.none'));
}

/** Reasons of the client, not of the relay. Their sentences say no more than the messages of the page. */
const ofClient: ReadonlySet<string | undefined> = new Set([
  'not_connected',
  'timeout',
  'connection_lost',
  'too_many_pending',
  'event_stream',
]);

/** Returns the sentence of the relay about a command that it refused, if the page has words of its own for the reason; otherwise `null`. */
export function verdictSentence(verdict: Verdict): string | null {
  if (verdict.status !== 'refused' && verdict.status !== 'impossible' && verdict.status !== 'unknown') return null;
  const { reason, message } = verdict;
  const isRelays = !(verdict.status === 'refused' && verdict.by === 'brain') && !ofClient.has(reason);
  return isRelays && findMessage('action.reason.', reason ?? '') !== undefined ? (message ?? null) : null;
}
