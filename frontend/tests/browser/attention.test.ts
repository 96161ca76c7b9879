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

interface Shown {
  readonly title: string;
  readonly body: string;
  readonly tag: string;
}

/** Replaces the notifications of the browser: they are listed, and can be clicked on. */
const stubNotifications = (page: Page, answer: string) =>
  page.addInitScript((permission) => {
    const shown: unknown[] = [];
    let last: EventTarget | undefined;
    class FakeNotification extends EventTarget {
      static permission = localStorage.getItem('test.permission') ?? 'default';
      static requests = 0;
      static requestPermission(): Promise<string> {
        FakeNotification.requests++;
        FakeNotification.permission = permission;
        localStorage.setItem('test.permission', permission);
        return Promise.resolve(permission);
      }
      constructor(title: string, { body, tag }: { body: string; tag: string }) {
        super();
        if (localStorage.getItem('test.refuses') !== null) throw new TypeError('Illegal constructor');
        queueMicrotask(() => this.dispatchEvent(new Event('show')));
        shown.push({ title, body, tag });
        last = this; // eslint-disable-line @typescript-eslint/no-this-alias
      }
      close(): void {
        this.dispatchEvent(new Event('close'));
      }
    }
    Object.assign(globalThis, {
      Notification: FakeNotification,
      shownNotifications: () => shown,
      requestedPermissions: () => FakeNotification.requests,
      clickNotification: () => last?.dispatchEvent(new Event('click')),
    });
  }, answer);

const ask = <Answer>(page: Page, name: string) =>
  page.evaluate((called) => (globalThis as unknown as Record<string, () => Answer>)[called]?.(), name);

async function hasShown(page: Page, count: number): Promise<readonly Shown[]> {
  let shown: readonly Shown[] = [];
  await until(
    async () => (shown = (await ask<readonly Shown[]>(page, 'shownNotifications')) ?? []).length >= count,
    () => `${JSON.stringify(shown)} instead of ${count} notifications`,
  );
  return shown;
}

async function openWithNotifications(answer = 'granted', context?: BrowserContext): Promise<Page> {
  // Without a service worker, the page itself shows them.
  const used = context ?? (await browser.newContext({ viewport: { width: 1440, height: 900 }, serviceWorkers: 'block' }));
  if (context === undefined) contexts.push(used);
  used.setDefaultTimeout(patienceMs);
  const page = await openPage(used);
  await stubNotifications(page, answer);
  await page.goto(`${relay.origin}/#/feed`);
  await page.locator('header [data-status=live]').waitFor();
  return page;
}

const turnOn = async (page: Page) => {
  await page.locator('header').getByRole('button', { name: 'Preferences' }).click();
  await page.getByLabel('Show notifications').click();
};

test('new failures are one notification, in one tab, which leads to them', async () => {
  await redis.publish(failed('long-ago'));
  const page = await openWithNotifications();
  expect(await ask(page, 'requestedPermissions')).toBe(0);
  await turnOn(page);
  await page.getByLabel('New failures').waitFor();
  expect(await ask(page, 'requestedPermissions')).toBe(1);
  const other = await openWithNotifications('granted', page.context());
  await redis.publish(failed('four'), failed('five'));
  const [first] = await hasShown(page, 1);
  expect(first).toEqual({ title: '2 new failures in billing', body: 'five\nfour', tag: 'cecelia' });
  await redis.publish({ ...failed('six'), project_id: 'website' });
  const [, second] = await hasShown(page, 2);
  expect(second).toMatchObject({ title: '3 new failures', tag: 'cecelia' });
  expect(await ask(other, 'shownNotifications')).toEqual([]);
  await ask(page, 'clickNotification');
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor({ state: 'attached' });
  // Another tab takes over.
  await page.close();
  await redis.publish(failed('seven'));
  expect(await hasShown(other, 1)).toEqual([{ title: '1 new failure in billing', body: 'seven', tag: 'cecelia' }]);
});

test('a lost connection is a notification, and what was not chosen is none', async () => {
  const page = await openWithNotifications();
  await turnOn(page);
  await page.getByLabel('New failures').click();
  await redis.publish(failed('eight'));
  await hasTitle(page, /^Feed/);
  await relay.stop();
  expect(await hasShown(page, 1)).toMatchObject([{ title: 'Not connected to the relay' }]);
  await relay.start();
  await page.locator('header [data-status=live]').waitFor();
});

test('a browser that refuses notifications says so', async () => {
  const page = await openWithNotifications('denied');
  await turnOn(page);
  await page.getByText('Blocked for this page in the settings of the browser.').waitFor();
  expect(await page.getByLabel('Show notifications').isChecked()).toBe(false);
});

test('a notification that the browser does not show is not taken for shown', async () => {
  const page = await openWithNotifications();
  await turnOn(page);
  await page.getByLabel('New failures').waitFor();
  expect(await page.getByText('The browser did not show the last notification.').count()).toBe(0);
  await page.evaluate(() => localStorage.setItem('test.refuses', 'true'));
  await redis.publish(failed('nine'));
  await page.getByText('The browser did not show the last notification.').waitFor();
});
