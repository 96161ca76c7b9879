import { takeParameter } from '../navigation/route';
import { pageToken, parseToken } from './token-store';

/**
 * Signs a wall in with the token of its address, since it has no keyboard: `#/?wall&token=…`. A browser does not send the fragment of an address to the
 * server. The token moves to where a token that was typed in is kept, and leaves the address, so that it is neither shown nor copied. Only a wall takes it:
 * otherwise a link could sign its reader in as someone else. Called once at startup.
 */
export function startWall(): void {
  const [, query = ''] = location.hash.split('?', 2);
  if (!new URLSearchParams(query).has('wall')) return;
  const token = parseToken(takeParameter('token') ?? '');
  if (token !== null) pageToken.set(token);
}
