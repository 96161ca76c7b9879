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
  if (id !== undefined) return t(id, { detail: message === undefined ? '' : toSentence(message) });
  return toSentence(message ?? reason ?? t('action.refusal.none'));
}
