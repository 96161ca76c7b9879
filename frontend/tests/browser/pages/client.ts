import { RelayClient } from '../../../src/services/relay-client';
import { SharedRelayClient } from '../../../src/services/shared-relay-client';
import type { RelayConnection } from '../../../src/services/relay-connection';
import { LiveState } from '../../../src/state/live-state';
import sharedWorkerUrl from '../../../src/library/shared-worker?worker&url';

/** The part of the page that the tests read. */
export interface ClientPage {
  client: RelayConnection;
  view: LiveState;
  statuses: string[];
  events: string[];
  problems: string[];
}

declare global {
  interface Window {
    page: ClientPage;
  }
}

const query = new URLSearchParams(location.search);
const options = { url: '/ws', baseDelayMs: 200, maxDelayMs: 1000 };
const client = query.has('shared')
  ? new SharedRelayClient({ ...options, port: () => new SharedWorker(sharedWorkerUrl, { type: 'module', name: 'cecelia' }).port })
  : new RelayClient(options);
const page: ClientPage = { client, view: new LiveState(client), statuses: [], events: [], problems: [] };
client.onState(({ status }) => {
  if (page.statuses.at(-1) !== status) page.statuses.push(status);
});
client.subscribe(({ event, data }) => {
  if (!event.startsWith('relay:')) page.events.push('n' in data ? String(data.n) : event);
});
client.onProblem(({ kind, message }) => page.problems.push(`${kind}: ${message}`));
client.connect();
window.page = page;
