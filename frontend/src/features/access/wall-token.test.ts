// @vitest-environment happy-dom
import { beforeEach, expect, test } from 'vitest';
import { pageToken } from './token-store';
import { startWall } from './wall-token';

const token = 'aa.bb.cc';

beforeEach(() => pageToken.set(''));

test('a wall is signed in with the token of its address, which is then not in the address', () => {
  location.hash = `#/?wall&token=${token}&project=p1`;
  startWall();
  expect(pageToken.signIn.token).toBe(token);
  expect(location.hash).toBe('#/?wall=&project=p1');
});

test('no other page takes a token from its address', () => {
  location.hash = `#/?token=${token}`;
  startWall();
  expect(pageToken.signIn.token).toBe('');
});

test('a text that is not a token leaves the present one', () => {
  pageToken.set(token);
  location.hash = '#/?wall&token=other';
  startWall();
  expect(pageToken.signIn.token).toBe(token);
  expect(location.hash).not.toContain('other');
});
