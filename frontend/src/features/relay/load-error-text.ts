import { t } from '../../i18n/messages';
import { ApiError } from './relay-api';
import { reasonClause } from './relay-reason';

/**
 * Describes why a request failed, to be placed at the end of a sentence, without its full stop. `RelaySentence` with `relaySentence(error)` adds the sentence
 * of the relay.
 */
export function loadErrorText(error: Error): string {
  if (error instanceof TypeError) return t('common.load.unreachable');
  if (!(error instanceof ApiError)) return error.message.replace(/[.]$/, '');
  if (error.status === 404 && ['', 'not_found'].includes(error.reason)) return t('common.load.not-offered');
  return reasonClause(error.reason) ?? error.message.replace(/[.]$/, '');
}
