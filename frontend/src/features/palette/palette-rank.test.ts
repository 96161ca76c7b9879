import { expect, test } from 'vitest';
import { bestMatches, rankOf, wordsOf } from './palette-rank';

test('an exact match is before a prefix, a word and a part', () => {
  expect(['id-1', 'id-10', 'the id-1', 'xid-1'].map((text) => rankOf(['id-1'], [text]))).toEqual([0, 1, 2, 3]);
  expect(rankOf(['id-1'], ['other', undefined])).toBeNull();
});

test('all words have to match, in any text and any case', () => {
  expect(rankOf(wordsOf('  Import NIGHTLY '), ['Speed up the nightly import', 't1'])).toBe(4);
  expect(rankOf(wordsOf('import weekly'), ['Speed up the nightly import'])).toBeNull();
  expect(rankOf(wordsOf('导出'), ['发票导出'])).toBe(3);
});

test('the best are first, among equals the newest, and never more than the limit', () => {
  const many = Array.from({ length: 500 }, (_, index) => `task ${index}`);
  expect(bestMatches([...many, 'a task', 'task'], ['task'], (one) => [one], 4)).toEqual(['task', 'task 499', 'task 498', 'task 497']);
  expect(bestMatches(many, [], (one) => [one], 2)).toEqual(['task 499', 'task 498']);
});

test('20,000 tasks are searched within a frame', () => {
  const tasks = Array.from({ length: 20_000 }, (_, index) => ({
    id: `task-${index}`,
    title: `Write the release notes of version ${index}`,
  }));
  const search = () => bestMatches(tasks, ['notes', '1999'], ({ id, title }) => [id, title], 50);
  search();
  const times = Array.from({ length: 5 }, () => {
    const from = performance.now();
    expect(search()).toHaveLength(12);
    return performance.now() - from;
  });
  expect(Math.min(...times)).toBeLessThan(50);
});
