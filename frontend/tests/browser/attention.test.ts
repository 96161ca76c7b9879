import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { until } from './programs';
import { hasStatus, isNotifying, testBed } from './test-bed';

const { redis, relay, newPage, openLive } = testBed();

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

async function hasIcon(page: Page, isWanted: (address: string) => boolean): Promise<void> {
  let found = '';
  await until(
    async () => isWanted((found = await icon(page))),
    () => `the icon is ${found}`,
  );
}

const failed = (taskId: string) => ({ event: 'task:failed', data: { taskId, status: 'failed', error: 'No disk' }, project_id: 'billing' });

test('title and icon say an outage and its age, and are as before after it', async () => {
  const page = await openLive('#/feed');
  await hasTitle(page, /^Feed · Cecelia Command Center$/);
  const usual = await icon(page);
  await relay.stop();
  await hasTitle(page, /^● Offline \d+ s · Feed · Cecelia Command Center$/);
  await hasIcon(page, (address) => address.includes('fill="#6b7280"'));
  await page.goto(`${page.url().split('#')[0] ?? ''}#/board`);
  await hasTitle(page, /^● Offline .* · Board/);
  await relay.start();
  await hasStatus(page, 'live');
  await hasTitle(page, /^Board/);
  await hasIcon(page, (address) => address === usual);
  await redis.stop();
  await hasTitle(page, /^● Incomplete(?: \d+ s)? · Board/);
  await hasIcon(page, (address) => address.includes('fill="#b45309"'));
  await redis.start();
  await hasTitle(page, /^Board/);
});

test('title and icon of a page in the background count the failures, until it is visible', async () => {
  await redis.publish(failed('before'));
  const page = await openLive('#/feed');
  await hasTitle(page, /^Feed/);
  await setHidden(page, true);
  await redis.publish(failed('one'), failed('two'), { event: 'task:completed', data: { taskId: 'three', status: 'completed' } });
  await hasTitle(page, /^\(2\) Feed · Cecelia/);
  await hasIcon(page, (address) => /fill="#d61f2c".*>2<\/text>/.test(address));
  await setHidden(page, false);
  await hasTitle(page, /^Feed · Cecelia/);
  // They are still new.
  await hasIcon(page, (address) => address.includes('fill="#d61f2c"') && !address.includes('text'));
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

async function openWithNotifications(answer = 'granted', beside?: Page): Promise<Page> {
  // Without a service worker, the page itself shows them.
  const page = await newPage({ hasClock: true, ...(beside ? { beside } : { serviceWorkers: 'block' }) });
  await stubNotifications(page, answer);
  await page.goto(`${relay.origin}/#/feed`);
  await hasStatus(page, 'live');
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
  await isNotifying(page);
  expect(await ask(page, 'requestedPermissions')).toBe(1);
  const other = await openWithNotifications('granted', page);
  await redis.publish(failed('four'), failed('five'));
  const [first] = await hasShown(page, 1);
  expect(first).toEqual({ title: '2 new failures in billing', body: 'five\nfour', tag: 'cecelia' });
  await redis.publish({ ...failed('six'), project_id: 'website' });
  // There is at most one notification in ten seconds.
  await page.clock.fastForward(10_000);
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
  await isNotifying(page);
  await page.getByLabel('New failures').click();
  await redis.publish(failed('eight'));
  await hasTitle(page, /^Feed/);
  await relay.stop();
  // An outage is reported when it has lasted ten seconds.
  await hasTitle(page, /^● Offline \d+ s/);
  await page.clock.fastForward(10_000);
  expect(await hasShown(page, 1)).toMatchObject([{ title: 'Not connected to the relay' }]);
  await relay.start();
  await hasStatus(page, 'live');
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
  await isNotifying(page);
  expect(await page.getByText('The browser did not show the last notification.').count()).toBe(0);
  await page.evaluate(() => localStorage.setItem('test.refuses', 'true'));
  await redis.publish(failed('nine'));
  await page.getByText('The browser did not show the last notification.').waitFor();
});
