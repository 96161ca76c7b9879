import { expect, test } from 'vitest';
import type { TaskEntity } from '../types/messages';
import { task } from '../../tests/fakes/made-messages';
import { mergeBounded, setBounded } from './bounded-values';

test('members of a merged object add up, the newest value of each', () => {
  const entity = task('t1');
  mergeBounded(entity, 'data', { a: 1, b: 1 });
  mergeBounded(entity, 'data', { b: 2, c: null });

  expect(entity).toEqual({ ...task('t1'), data: { a: 1, b: 2, c: null } });
});

test('what would make it too large is left out, and said to be', () => {
  const entity: TaskEntity = task('t1');
  mergeBounded(entity, 'data', { a: 'a'.repeat(40_000) });
  mergeBounded(entity, 'data', { b: 'b'.repeat(30_000) });
  expect(Object.keys(entity.data ?? {})).toEqual(['a']);
  expect(entity.truncated).toBe(true);

  // In place of the large value, and so it fits: what was guessed high is counted.
  mergeBounded(entity, 'data', { a: 'small' });
  mergeBounded(entity, 'data', { b: 'b'.repeat(30_000) });
  expect(Object.keys(entity.data ?? {})).toEqual(['a', 'b']);
});

test('no more than 256 members', () => {
  const entity: TaskEntity = task('t1');
  mergeBounded(entity, 'data', Object.fromEntries(Array.from({ length: 256 }, (_, i) => [`m${i}`, i])));
  mergeBounded(entity, 'data', { one: 'more' });

  expect(Object.keys(entity.data ?? {})).toHaveLength(256);
  expect(entity.truncated).toBe(true);
});

test('a single value is kept up to 64 KiB, and null is one', () => {
  const entity = task('t1');
  setBounded(entity, 'error', null);
  setBounded(entity, 'result', 'r'.repeat(65_535));
  setBounded(entity, 'message', undefined);

  expect(entity).toEqual({ ...task('t1'), error: null, truncated: true });
});
