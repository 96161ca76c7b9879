import { RelayClient } from 'cecelia-client';
import { viewOf } from 'cecelia-client/state';
import { pageToken } from '../features/access/token-store';
import { problemLogOf } from '../features/relay/problem-log';

/** The connection of this page. */
export const pageConnection = new RelayClient({ url: './ws', token: pageToken.provide });

/** Opens the connection, and keeps the state of what it receives: a large state arrives while the rest of the page is being loaded. */
export function openPageConnection(): void {
  problemLogOf(pageConnection);
  viewOf(pageConnection).hold();
}
