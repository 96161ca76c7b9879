import { t } from '../../i18n/messages';
import { ApiError } from './relay-api';

/** Describes why a request failed, to be placed at the end of a sentence, without its full stop. */
export function loadErrorText(error: Error): string {
  if (error instanceof TypeError) return t('common.load.unreachable');
  if (error instanceof ApiError && error.status === 404) return t('common.load.not-offered');
  return error.message.replace(/[.]$/, '');
}
