// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { RelayProvider } from 'cecelia-client/react';
import type { ReactNode } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeConnection } from '../../../../tests/fakes/fake-connection';
import { patienceMs } from '../../../../test-limits';
import { pageToken } from '../../../features/access/token-store';
import { ConnectionsPage } from './connections-page';
import { closedText, lagText, missingText, parseConnections, userText } from './open-connections';

// happy-dom has no layout, and the list renders only what fits into its height.
vi.mock('../../../components/virtual-list', () => ({
  VirtualList: ({ count, children }: { readonly count: number; readonly children: (index: number) => ReactNode }) => (
    <ul>
      {Array.from({ length: count }, (_, index) => (
        <li key={index}>{children(index)}</li>
      ))}
    </ul>
  ),
}));

const open = (number: number, members: object = {}) => ({
  id: `relay-1-${number}`,
  connection: `0HN${number}`,
  address: `10.0.0.${number}`,
  user: 'alice',
  transport: 'websocket',
  format: 'cecelia.v1',
  compressed: false,
  filter: {},
  since: `2026-11-29T15:00:0${number}.000Z`,
  lag: { events: 0, bytes: 0 },
  delivered: 9120,
  skipped: 0,
  resumes: 1,
  ...members,
});

const behind = {
  user: 'bob',
  lag: { events: 120, bytes: 48_210 },
  skipped: 300,
  filter: { project: ['p1', 'p2'], project_more: 3, events: ['task:*'] },
};
const all = {
  answered: 2,
  of: 2,
  missing: [],
  instances: [
    { instance: 'relay-1', open: 2, connections: [open(1), open(2, { user: '' })], more: 0 },
    { instance: 'relay-2', open: 7, connections: [open(3, behind)], more: 6 },
  ],
};

test('connections of all instances are listed, those that are furthest behind first', () => {
  const parsed = parseConnections(all);
  expect(parsed).toMatchObject({ open: 9, more: 6, answered: 2, of: 2 });
  expect(parsed.connections.map(({ id, instance }) => `${id} at ${instance}`)).toEqual([
    'relay-1-3 at relay-2',
    'relay-1-1 at relay-1',
    'relay-1-2 at relay-1',
  ]);
  expect(parsed.connections.map(({ filter }) => filter)).toEqual(['project p1, p2 +3 · events task:*', 'every event', 'every event']);
  expect(parsed.connections.map(lagText)).toEqual(['120 events, 48.2 KB behind', 'Not behind', 'Not behind']);
  expect(parsed.connections.map(userText)).toEqual(['bob', 'alice', 'No user']);
  expect(userText({ user: null })).toBe('Unusable user name');
});

test.each([null, {}, { instances: [1] }, { instances: [{ open: 1 }] }, { ...all, answered: 'two' }])(
  '%j is not a list of connections',
  (response) => {
    expect(() => parseConnections(response)).toThrow(TypeError);
  },
);

test('instances that did not answer are named', () => {
  const full = { answered: 2, of: 2, missing: [], unnamed: 0, reason: '' };
  expect(missingText(full)).toBeNull();
  expect(missingText({ ...full, answered: 1, of: 3, missing: ['relay-2'], unnamed: 1 })).toBe(
    '1 of 3 instances answered; no answer from relay-2, 1 without a name.',
  );
  expect(missingText({ ...full, answered: 1, of: 1, reason: 'other instances cannot be asked: Redis is down' })).toBe(
    '1 of 1 instance answered.',
  );
});

test('closing says whether the connection was closed, was not open, or that it is unknown', () => {
  const answer = (closed: string[], missing: string[]) =>
    closedText({ answered: 1, of: 1 + missing.length, missing, instances: [{ instance: 'relay-1', closed, more: 0 }] });
  expect(answer(['relay-1-1'], [])).toBe('The connection was closed.');
  expect(answer([], [])).toBe('The connection was not open any more.');
  expect(answer([], ['relay-2'])).toBe(
    'It is unknown whether the connection was closed. 1 of 2 instances answered; no answer from relay-2.',
  );
});

let answers: Record<string, { status: number; body: unknown }>;
const requests: string[] = [];

beforeEach(() => {
  requests.length = 0;
  answers = { 'GET /api/v1/connections': { status: 200, body: all } };
  vi.stubGlobal('fetch', (url: URL, { method = 'GET', headers }: RequestInit) => {
    const request = `${method} ${url.pathname}`;
    requests.push(`${request} ${new Headers(headers).get('authorization') ?? ''}`.trim());
    const { status, body } = answers[request] ?? { status: 404, body: { error: 'not_found', message: 'There is nothing at this path' } };
    return Promise.resolve(Response.json(body, { status }));
  });
});
afterEach(() => {
  cleanup();
  pageToken.set('');
  vi.unstubAllGlobals();
});

const soon = (condition: () => void) => waitFor(condition, { timeout: patienceMs });

function show() {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={queries}>
      <RelayProvider connection={new FakeConnection()}>
        <ConnectionsPage />
      </RelayProvider>
    </QueryClientProvider>,
  );
  return queries;
}

test('one connection is closed after a second press, with the token of the page', async () => {
  pageToken.set('aa.bb.cc');
  answers['DELETE /api/v1/connections/relay-1-3'] = {
    status: 200,
    body: { key: 'relay-1-3', answered: 2, of: 2, missing: [], instances: [{ instance: 'relay-2', closed: ['relay-1-3'], more: 0 }] },
  };
  show();
  await soon(() => expect(screen.getByText('bob')).toBeDefined());
  expect(screen.getByText('9 open at 2 instances, 6 of them not listed')).toBeDefined();
  const [first] = screen.getAllByRole('listitem');
  if (!first) throw new Error('no row');
  expect(within(first).getByText('120 events, 48.2 KB behind')).toBeDefined();
  fireEvent.click(within(first).getByRole('button', { name: 'Close the connection of bob, 10.0.0.3' }));
  expect(requests).toEqual(['GET /api/v1/connections Bearer aa.bb.cc']);
  fireEvent.click(within(first).getByRole('button', { name: 'Confirm: close the connection of bob, 10.0.0.3' }));
  await soon(() => expect(screen.getByText('The connection was closed.')).toBeDefined());
  expect(requests.slice(1, 3)).toEqual(['DELETE /api/v1/connections/relay-1-3 Bearer aa.bb.cc', 'GET /api/v1/connections Bearer aa.bb.cc']);
});

test('an incomplete list says so, and an old one too', async () => {
  answers['GET /api/v1/connections'] = { status: 200, body: { ...all, answered: 2, of: 3, missing: ['relay-3'] } };
  const queries = show();
  await soon(() => expect(screen.getByText(/The list is incomplete. 2 of 3 instances answered; no answer from relay-3./)).toBeDefined());
  answers = {};
  await act(() => queries.refetchQueries());
  await soon(() => expect(screen.getByText(/The list is out of date: the relay does not offer it at this address/)).toBeDefined());
  expect(screen.getByText('bob')).toBeDefined();
});
