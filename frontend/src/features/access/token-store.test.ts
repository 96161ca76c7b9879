import type { ConnectionState } from 'cecelia-client';
import { beforeEach, describe, expect, test } from 'vitest';
import { FakeConnection, live } from '../../../tests/fakes/fake-connection';
import { denialText } from './denial-text';
import { formatRest } from './expiry';
import { parseToken, TokenStore } from './token-store';

let stored: Map<string, string>;
let storage: ConstructorParameters<typeof TokenStore>[0];
let connection: FakeConnection;
let store: TokenStore;

beforeEach(() => {
  stored = new Map();
  storage = {
    getItem: (key) => stored.get(key) ?? null,
    setItem: (key, value) => void stored.set(key, value),
    removeItem: (key) => void stored.delete(key),
  };
  connection = new FakeConnection();
  store = new TokenStore(storage);
  store.watch(connection);
});

function denied(why: 'no-token' | 'unauthorized' | 'forbidden', reason: string): Extract<ConnectionState, { status: 'unauthorized' }> {
  const end = { code: 1006, reason, at: 0 };
  return {
    status: 'unauthorized',
    why,
    message: `because of ${reason}`,
    end,
    nextTry: 1,
    waitsFor: 'time',
    attempts: 1,
    lastConnected: null,
  };
}

describe('the token of the page', () => {
  test('is empty at first, for a relay without access control', async () => {
    expect(await store.provide()).toBe('');
    connection.changeState(live);
    expect(store.signIn).toEqual({ token: '', isRequired: false, denial: null });
  });

  test('is not requested without one once the relay requires it', async () => {
    connection.changeState(denied('unauthorized', 'token_missing'));
    expect(store.signIn).toMatchObject({ isRequired: true, denial: { reason: 'token_missing' } });
    await expect(store.provide()).rejects.toThrow('Sign in');
    connection.changeState(denied('no-token', 'no_token'));
    expect(store.signIn.denial?.reason).toBe('token_missing');
  });

  test('is kept in the storage until it is removed or refused', async () => {
    store.set('a.b.c');
    expect(await new TokenStore(storage).provide()).toBe('a.b.c');
    await store.provide();
    connection.changeState(denied('unauthorized', 'token_expired'));
    expect(stored.size).toBe(0);
    expect(store.signIn).toEqual({ token: '', isRequired: true, denial: { reason: 'token_expired', message: 'because of token_expired' } });
    store.set('d.e.f');
    connection.changeState(live);
    expect(store.signIn).toEqual({ token: 'd.e.f', isRequired: false, denial: null });
  });

  test('is not forgotten for what the relay said about the one before', async () => {
    store.set('old.old.old');
    await store.provide();
    const state = denied('unauthorized', 'token_expired');
    connection.changeState(state);
    store.set('new.new.new');
    await store.provide();
    // The attempt with the new token is under way.
    connection.changeState({ ...state, waitsFor: 'answer', nextTry: null });
    expect(store.signIn.token).toBe('new.new.new');

    store.set('newest.newest.newest');
    connection.changeState(denied('unauthorized', 'token_issuer'));
    expect(store.signIn.token).toBe('newest.newest.newest');
  });

  test('is kept while the relay cannot be reached', async () => {
    store.set('a.b.c');
    await store.provide();
    const end = { code: 1006, reason: 'refused', at: 0 };
    connection.changeState({ status: 'reconnecting', end, nextTry: 1, waitsFor: 'time', attempts: 1, lastConnected: null });
    expect(store.signIn).toEqual({ token: 'a.b.c', isRequired: false, denial: null });
  });

  test('is forgotten when the access was revoked', async () => {
    store.set('a.b.c');
    await store.provide();
    const end = { code: 4500, reason: 'access_revoked', at: 0 };
    connection.changeState({ status: 'closed', why: 'refused', end, attempts: 0, lastConnected: 0 });
    expect(store.signIn).toMatchObject({ token: '', isRequired: true, denial: { reason: 'access_revoked' } });
  });

  test('is lost with the page where there is no storage', async () => {
    const without = new TokenStore(null);
    without.set('a.b.c');
    expect(await without.provide()).toBe('a.b.c');
  });
});

test.each([
  ['a.b-_.c', 'a.b-_.c'],
  ['  Bearer aa.bb.cc\n', 'aa.bb.cc'],
  ['aa.b\nb.cc', 'aa.bb.cc'],
  ['aa.bb', null],
  ['a.b.c d=', null],
  ['', null],
])('parseToken(%j) is %j', (text, token) => {
  expect(parseToken(text)).toBe(token);
});

test('a denial is explained, and a later reason is the text of the relay', () => {
  expect(denialText({ reason: 'token_expired', message: 'x' })).toBe('The token has expired.');
  expect(denialText({ reason: 'token_of_tomorrow', message: 'the token is odd' })).toBe('The token is odd.');
  expect(denialText({ reason: 'token_missing', message: 'x' })).toBeNull();
  expect(denialText(null)).toBeNull();
});

test.each([
  [0, 'now'],
  [1500, 'in 1 second'],
  [89_000, 'in 89 seconds'],
  [120_000, 'in 2 minutes'],
  [3 * 3_600_000, 'in 3 hours'],
  [50 * 3_600_000, 'in 2 days'],
])('%d ms are %s', (ms, text) => {
  expect(formatRest(ms)).toBe(text);
});
