import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { patienceMs } from '../../test-limits';
import { closeContext, openChromium, openPage } from './chromium';
import { endAfterAll } from './end-after-all';
import { until } from './programs';
import { RedisServer, RelayServer } from './servers';

let redis: RedisServer;
let relay: RelayServer;
let browser: Browser;
const contexts: BrowserContext[] = [];
const end = endAfterAll();

beforeAll(async () => {
  redis = end(await RedisServer.start(), (server) => server.stop());
  relay = end(await RelayServer.start(redis), (server) => server.stop());
  browser = end(await openChromium(), (chromium) => chromium.close());
});

afterEach(async () => {
  for (const context of contexts.splice(0)) await closeContext(context);
});

async function open(view: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  contexts.push(context);
  context.setDefaultTimeout(patienceMs);
  const page = await openPage(context);
  await page.goto(`${relay.origin}/${view}`);
  await page.locator('header [data-status=live]').waitFor();
  return page;
}

/** Says to the page that its tab is in the background, or no longer. */
const setHidden = (page: Page, isHidden: boolean) =>
  page.evaluate((hidden) => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => (hidden ? 'hidden' : 'visible') });
    document.dispatchEvent(new Event('visibilitychange'));
  }, isHidden);

async function hasTitle(page: Page, title: RegExp): Promise<void> {
  let found = '';
  await until(
    async () => title.test((found = await page.title())),
    () => `the title is “${found}” instead of ${String(title)}`,
  );
}

const icon = (page: Page) => page.evaluate(() => decodeURIComponent(document.querySelector<HTMLLinkElement>('link[rel=icon]')?.href ?? ''));

const failed = (taskId: string) => ({ event: 'task:failed', data: { taskId, status: 'failed', error: 'No disk' }, project_id: 'billing' });

test('title and icon say an outage and its age, and are as before after it', async () => {
  const page = await open('#/feed');
  await hasTitle(page, /^Feed · Cecelia Command Center$/);
  const usual = await icon(page);
  await relay.stop();
  await hasTitle(page, /^● Offline \d+ s · Feed · Cecelia Command Center$/);
  expect(await icon(page)).toContain('fill="#6b7280"');
  await page.goto(`${page.url().split('#')[0] ?? ''}#/board`);
  await hasTitle(page, /^● Offline .* · Board/);
  await relay.start();
  await page.locator('header [data-status=live]').waitFor();
  await hasTitle(page, /^Board/);
  expect(await icon(page)).toBe(usual);
  await redis.stop();
  await hasTitle(page, /^● Incomplete(?: \d+ s)? · Board/);
  expect(await icon(page)).toContain('fill="#b45309"');
  await redis.start();
  await hasTitle(page, /^Board/);
});

test('title and icon of a page in the background count the failures, until it is visible', async () => {
  await redis.publish(failed('before'));
  const page = await open('#/feed');
  await hasTitle(page, /^Feed/);
  await setHidden(page, true);
  await redis.publish(failed('one'), failed('two'), { event: 'task:completed', data: { taskId: 'three', status: 'completed' } });
  await hasTitle(page, /^\(2\) Feed · Cecelia/);
  expect(await icon(page)).toMatch(/fill="#d61f2c".*>2<\/text>/);
  await setHidden(page, false);
  await hasTitle(page, /^Feed · Cecelia/);
  // They are still new.
  expect(await icon(page)).toMatch(/fill="#d61f2c"/);
  expect(await icon(page)).not.toContain('text');
});
