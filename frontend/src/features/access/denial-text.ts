import { toSentence } from '../../format/format-value';
import type { AccessDenial } from './token-store';

const texts: Readonly<Record<string, string>> = {
  token_expired: 'The token has expired.',
  token_not_yet_valid: 'The token is not valid yet. Its issuer’s clock may be ahead.',
  token_issuer: 'The token is from an issuer that this relay does not accept.',
  token_audience: 'The token is for another service.',
  token_key: 'The token was signed with a key that this relay does not have.',
  token_signature: 'The signature of the token is not valid.',
  token_malformed: 'The text is not a token.',
  token_claims: 'The token lacks a claim that the relay needs.',
  token_user: 'The token is of another user. Sign out to change the user.',
  role_required: 'The token is valid, but grants no access to this relay.',
  access_revoked: 'Your access was revoked.',
};

/** Describes why a token was not accepted; `null` if none was sent. */
export function denialText(denial: AccessDenial | null): string | null {
  if (denial === null || denial.reason === 'token_missing') return null;
  return Object.hasOwn(texts, denial.reason) ? (texts[denial.reason] ?? null) : toSentence(denial.message);
}
