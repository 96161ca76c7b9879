import { findMessage, t } from '../../i18n/messages';
import { ApiError } from './relay-api';

/** Codes that have the message of another one: the page can do nothing about their difference. */
const sameAs: Readonly<Record<string, string>> = {
  bad_base: 'bad_request',
  bad_limit: 'bad_request',
  bad_minutes: 'bad_request',
  bad_position: 'bad_request',
  bad_trace_key: 'bad_request',
  bad_user: 'bad_request',
  method_not_allowed: 'bad_request',
  token_audience: 'token_refused',
  token_claims: 'token_refused',
  token_issuer: 'token_refused',
  token_key: 'token_refused',
  token_malformed: 'token_refused',
  token_not_yet_valid: 'token_refused',
  token_signature: 'token_refused',
  two_tokens: 'token_refused',
};

/** Describes a reason code of the relay, to be placed at the end of a sentence; `undefined`: a code of a newer relay. */
export function reasonClause(code: string): string | undefined {
  const id = findMessage('connection.end.', code) ?? findMessage('common.refusal.', sameAs[code] ?? code);
  return id === undefined ? undefined : t(id);
}

/** Returns the sentence of the relay, which is in English, if the page has words of its own for its reason; otherwise `null`. */
export function relaySentence(error: Error): string | null {
  return error instanceof ApiError && reasonClause(error.reason) !== undefined ? error.message : null;
}
