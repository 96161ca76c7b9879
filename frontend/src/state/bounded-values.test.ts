import { expect, test } from 'vitest';
import type { TaskEntity } from '../types/messages';
import { task } from '../../tests/fakes/made-messages';
import { mergeBounded, setBounded } from './bounded-values';

test('merging keeps the latest value of each member', () => {
  const entity = task('t1');
  mergeBounded(entity, 'data', { a: 1, b: 1 });
  mergeBounded(entity, 'data', { b: 2, c: null });

  expect(entity).toEqual({ ...task('t1'), data: { a: 1, b: 2, c: null } });
});

test('data that would make an object too large is not merged, and the entity is marked as truncated', () => {
  const entity: TaskEntity = task('t1');
  mergeBounded(entity, 'data', { a: 'a'.repeat(40_000) });
  mergeBounded(entity, 'data', { b: 'b'.repeat(30_000) });
  expect(Object.keys(entity.data ?? {})).toEqual(['a']);
  expect(entity.truncated).toBe(true);

  // Replaces the large value, so that it fits: the exact size is computed when the bound is too large.
  mergeBounded(entity, 'data', { a: 'small' });
  mergeBounded(entity, 'data', { b: 'b'.repeat(30_000) });
  expect(Object.keys(entity.data ?? {})).toEqual(['a', 'b']);
});

test('a merged object has at most 256 members', () => {
  const entity: TaskEntity = task('t1');
  mergeBounded(entity, 'data', Object.fromEntries(Array.from({ length: 256 }, (_, i) => [`m${i}`, i])));
  mergeBounded(entity, 'data', { one: 'more' });

  expect(Object.keys(entity.data ?? {})).toHaveLength(256);
  expect(entity.truncated).toBe(true);
});

test('a single value has at most 64 KiB, and may be null', () => {
  const entity = task('t1');
  setBounded(entity, 'error', null);
  setBounded(entity, 'result', 'r'.repeat(65_535));
  setBounded(entity, 'message', undefined);

  expect(entity).toEqual({ ...task('t1'), error: null, truncated: true });
});
