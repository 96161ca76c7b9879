// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { pageVersion, reloadOnNewVersion } from './page-version';

const html = (hash: string) =>
  `<html><link rel="icon" href="./assets/icon-x.svg"><script type="module" src="./assets/index-${hash}.js"></script>` +
  `<link rel="stylesheet" href="./assets/index-${hash}.css"></html>`;

let served: string;
let isLive: boolean;
let now: number;
let reloads: number;
const stored = new Map<string, string>();
const storage = { getItem: (key: string) => stored.get(key) ?? null, setItem: (key: string, value: string) => void stored.set(key, value) };
const watched = {
  own: pageVersion(html('one')),
  isLive: () => isLive,
  reload: () => reloads++,
  storage,
  now: () => now,
  random: () => 0.5,
};

beforeEach(() => {
  vi.useFakeTimers();
  served = html('one');
  isLive = true;
  now = Date.parse('2026-11-29T12:00:00Z');
  reloads = 0;
  stored.clear();
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(served)));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('the version of a page are its scripts and styles', () => {
  expect(pageVersion(html('one'))).toBe('assets/index-one.css assets/index-one.js');
  expect(pageVersion('<p>Bad gateway</p>')).toBe('');
});

test('a page is reloaded for another version, after a delay, and not again soon', async () => {
  const { check, stop } = reloadOnNewVersion(watched);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(reloads).toBe(0);
  served = html('two');
  check();
  await vi.advanceTimersByTimeAsync(4_000);
  expect(reloads).toBe(0);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(reloads).toBe(1);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(reloads).toBe(1);
  now += 6 * 60_000;
  await vi.advanceTimersByTimeAsync(120_000);
  expect(reloads).toBe(2);
  stop();
});

test('a page is not reloaded while it is not live, nor for an answer that is not the page', async () => {
  const { stop } = reloadOnNewVersion(watched);
  served = '<p>Bad gateway</p>';
  await vi.advanceTimersByTimeAsync(120_000);
  served = html('two');
  isLive = false;
  await vi.advanceTimersByTimeAsync(120_000);
  expect(reloads).toBe(0);
  stop();
  isLive = true;
  await vi.advanceTimersByTimeAsync(120_000);
  expect(reloads).toBe(0);
});
