// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { RelayProvider } from 'cecelia-client/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeConnection, live } from '../../tests/fakes/fake-connection';
import { pageToken } from '../features/access/token-store';
import { AccessGate } from './access-gate';
import { Shell } from './shell';

let connection: FakeConnection;
const reload = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  connection = new FakeConnection();
  reload.mockClear();
  vi.stubGlobal('scrollTo', () => undefined);
  vi.spyOn(location, 'reload').mockImplementation(reload);
  render(
    <RelayProvider connection={connection}>
      <AccessGate>
        <Shell onPalette={() => undefined} onHelp={() => undefined}>
          <p>The data</p>
        </Shell>
      </AccessGate>
    </RelayProvider>,
  );
});
afterEach(() => {
  cleanup();
  pageToken.set('');
  act(() => connection.changeState(live));
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const signIn = (role: 'read' | 'command' | 'admin', expiresInMs = 3_600_000, user = 'ada') =>
  act(() => {
    connection.grant({ user, role, expires: Date.now() + expiresInMs });
    connection.changeState(live);
  });

const deny = async (reason: string) => {
  await act(() => pageToken.provide().catch(() => ''));
  act(() =>
    connection.changeState({
      status: 'unauthorized',
      why: 'unauthorized',
      message: reason,
      end: { code: 1006, reason, at: 0 },
      nextTry: null,
      waitsFor: 'time',
      attempts: 1,
      lastConnected: null,
    }),
  );
};

const enter = (label: string, token: string) => {
  fireEvent.change(screen.getByLabelText(label), { target: { value: token } });
  fireEvent.submit(screen.getByLabelText(label));
};
const tabs = () => [...document.querySelectorAll('nav a')].map((link) => link.textContent);

test('a relay without access control shows everything, and no user', () => {
  act(() => connection.changeState(live));
  expect(tabs()).toContain('Refused');
  expect(screen.queryByRole('button', { name: /^User/ })).toBeNull();
});

test('a relay that requires a token leads to the sign-in page, and a token to the data', async () => {
  await deny('token_missing');
  expect(screen.queryByText('The data')).toBeNull();
  expect(screen.queryByRole('alert')).toBeNull();
  enter('Token', 'not a token');
  expect(screen.getByRole('alert').textContent).toContain('This is not a token');
  const { connects } = connection;
  enter('Token', ' Bearer aa.bb.cc');
  expect(connection.connects).toBe(connects + 1);
  expect(sessionStorage.getItem('cecelia-token')).toBe('aa.bb.cc');
  signIn('read');
  expect(screen.getByText('The data')).toBeDefined();
});

test('the sign-in page says why a token was not accepted, and that the relay cannot be reached', async () => {
  await deny('token_missing');
  enter('Token', 'aa.bb.cc');
  await deny('token_issuer');
  expect(screen.getByRole('alert').textContent).toBe('The token is from an issuer that this relay does not accept.');
  expect(sessionStorage.getItem('cecelia-token')).toBeNull();
  enter('Token', 'dd.ee.ff');
  act(() =>
    connection.changeState({
      status: 'reconnecting',
      end: { code: 1006, reason: 'refused', at: 0 },
      nextTry: Date.now() + 3000,
      waitsFor: 'time',
      attempts: 1,
      lastConnected: null,
    }),
  );
  expect(screen.getByRole('status').textContent).toContain('could not be reached');
  expect(sessionStorage.getItem('cecelia-token')).toBe('dd.ee.ff');
});

test.each(['read', 'command'] as const)('the role %s does not see what is for operators, and the header has the user', (role) => {
  signIn(role);
  expect(tabs()).not.toContain('Refused');
  expect(screen.getByRole('button', { name: `User: ada ${role}` })).toBeDefined();
});

test('the role admin sees what is for operators', () => {
  signIn('admin');
  expect(tabs()).toContain('Refused');
});

test('the end of the access is announced, and a new token renews it', () => {
  signIn('read', 10 * 60_000);
  expect(screen.queryByText(/Your access ends/)).toBeNull();
  act(() => void vi.advanceTimersByTime(8 * 60_000));
  expect(screen.getByText('Your access ends in 2 minutes.')).toBeDefined();
  enter('New token', 'aa.bb.cc');
  expect(connection.renewals).toBe(1);
  act(() => {
    connection.grant({ user: 'ada', role: 'read', expires: Date.now() + 3_600_000 });
    connection.receive({
      event: 'relay:token',
      data: { status: 'accepted', expires: '2026-11-29T12:00:00Z', expiresInMs: 3_600_000 },
      timestamp: '2026-11-29T11:00:00Z',
    });
  });
  expect(screen.queryByText(/Your access ends/)).toBeNull();
});

test('a new token that the relay refuses is not kept', () => {
  pageToken.set('old.old.old');
  signIn('read', 60_000);
  enter('New token', 'aa.bb.cc');
  act(() => connection.fail('refused_by_relay', 'token_user: The new token is another user’s'));
  expect(screen.getByText('The token is of another user. Sign out to change the user.')).toBeDefined();
  expect(sessionStorage.getItem('cecelia-token')).toBe('old.old.old');
  enter('New token', 'old.old.old');
  expect(screen.getByText('This is the token that is in use.')).toBeDefined();
});

test('signing out forgets the token and the data', () => {
  pageToken.set('aa.bb.cc');
  signIn('read');
  fireEvent.click(screen.getByRole('button', { name: /^User/ }));
  fireEvent.click(screen.getByRole('button', { name: 'Sign out' }));
  expect(sessionStorage.getItem('cecelia-token')).toBeNull();
  expect(connection.closes).toBe(1);
  expect(reload).toHaveBeenCalledTimes(1);
});

test('another user does not see the data of the one before', async () => {
  signIn('admin');
  await deny('token_expired');
  signIn('read', 60_000, 'grace');
  expect(screen.queryByText('The data')).toBeNull();
  expect(reload).toHaveBeenCalledTimes(1);
});
