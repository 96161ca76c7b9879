import { toSentence } from '../../format/format-value';
import { findMessage, t } from '../../i18n/messages';
import type { AccessDenial } from './token-store';

/** Describes why a token was not accepted; `null` if none was sent. */
export function denialText(denial: AccessDenial | null): string | null {
  if (denial === null || denial.reason === 'token_missing') return null;
  const id = findMessage('access.denied.', denial.reason);
  return id === undefined ? toSentence(denial.message) : t(id);
}
