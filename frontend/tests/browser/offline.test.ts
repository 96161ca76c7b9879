import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { until } from './programs';
import { hasStatus, isNotifying, testBed } from './test-bed';

const { redis, relay, newPage } = testBed({ settings: { CECELIA_PATH_BASE: '/ops' } });

/** Opens the page, and waits until its files are kept. */
async function open(path: string, permissions: readonly string[] = []): Promise<Page> {
  const page = await newPage({ hasClock: true, permissions: [...permissions] });
  // As on phones: only a worker may show notifications.
  if (permissions.includes('notifications'))
    await page.addInitScript(() => {
      const construct = () => {
        throw new TypeError('Illegal constructor');
      };
      Object.assign(globalThis, { Notification: new Proxy(Notification, { construct }) });
    });
  await page.goto(`${relay.origin}/${path}`);
  await hasStatus(page, 'live');
  // The worker is started some seconds after the page was loaded.
  await page.waitForLoadState();
  await page.clock.fastForward(3000);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  return page;
}

const task = (taskId: string, status: string) => ({
  event: `task:${status === 'running' ? 'started' : status}`,
  data: { taskId, status, title: `The ${taskId}` },
});

const keptText = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<string>((resolve, reject) => {
        const request = indexedDB.open('cecelia', 1);
        request.onupgradeneeded = () => void request.result.createObjectStore('last-state');
        request.onerror = () => reject(new Error('no database'));
        request.onsuccess = () => {
          const get = request.result.transaction('last-state').objectStore('last-state').get(new URL('./', document.baseURI).pathname);
          get.onsuccess = () => {
            request.result.close();
            resolve(String(get.result ?? ''));
          };
        };
      }),
  );

const hasKept = async (page: Page, text: string) =>
  until(
    async () => (await keptText(page)).includes(text),
    () => `“${text}” is not kept`,
  );

test('the page opens while the relay is away, with the last state and its age, and is live when the relay is back', async () => {
  const page = await open('ops/#/board');
  await redis.publish(task('kept', 'running'));
  await page.getByText('The kept').first().waitFor();
  // The state is kept every ten seconds.
  await page.clock.fastForward(10_000);
  await hasKept(page, 'The kept');
  await relay.stop();
  await page.reload();
  const banner = page.locator('[data-last-state]');
  await banner.getByText(/^Last known state, from .*, \d+ (?:s|min) ago\. The relay cannot be reached\.$/).waitFor();
  await page.locator('section[data-status=running]').getByText('The kept').first().waitFor();
  await hasStatus(page, 'reconnecting');
  await page.goto(`${relay.origin}/ops/#/`);
  await page
    .getByText(/^Not connected to the relay since/)
    .first()
    .waitFor();
  expect(await page.title()).toMatch(/^● Offline/);
  await relay.start();
  await hasStatus(page, 'live');
  await banner.waitFor({ state: 'detached' });
});

test('the worker keeps the files of the page and nothing of the relay, and an answer of the relay comes first', async () => {
  const page = await open('');
  const kept = () =>
    page.evaluate(async () => {
      const names = await caches.keys();
      const urls = await Promise.all(
        names.map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname)),
      );
      return { names, paths: urls.flat() };
    });
  const { names, paths } = await kept();
  expect(names).toHaveLength(1);
  expect(paths).toContain('/');
  expect(paths.filter((path) => path !== '/' && !/^\/assets\/[\w.-]+\.(?:js|css|woff2|svg)$/.test(path))).toEqual([]);
  // A page of another version in the cache is not used while the relay answers.
  await page.evaluate(async (name) => {
    await (await caches.open(name)).put('./', new Response('<title>Old</title>', { headers: { 'content-type': 'text/html' } }));
  }, names[0] ?? '');
  await page.reload();
  await hasStatus(page, 'live');
  expect(await page.title()).not.toBe('Old');
});

test('the page can be installed', async () => {
  const page = await open('ops/');
  const session = await page.context().newCDPSession(page);
  const { errors, url } = await session.send('Page.getAppManifest');
  expect(errors).toEqual([]);
  expect(url).toBe(`${relay.origin}/ops/app.webmanifest`);
  const manifest = (await (await page.request.get(url)).json()) as { start_url: string; icons: { src: string }[] };
  expect(new URL(manifest.start_url, url).href).toBe(`${relay.origin}/ops/`);
  for (const { src } of manifest.icons) {
    const answer = await page.request.get(new URL(src, url).href);
    expect([answer.status(), answer.headers()['content-type']]).toEqual([200, src.endsWith('svg') ? 'image/svg+xml' : 'image/png']);
  }
});

test('the worker shows the notifications, and a click on one leads to its link, in a page or in a new one', async () => {
  const page = await open('ops/#/feed', ['notifications']);
  // Until the worker is active, the page itself shows them.
  await page.evaluate(() => navigator.serviceWorker.ready.then(({ active }) => active?.state));
  await page.locator('header').getByRole('button', { name: 'Preferences' }).click();
  await page.getByLabel('Show notifications').click();
  await isNotifying(page);
  await redis.publish(task('broken', 'failed'));
  const find = () =>
    page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      return (await registration.getNotifications()).map(({ title, body, tag, data }) => ({ title, body, tag, data: data as unknown }));
    });
  const [shown] = await until(
    async () => {
      const found = await find();
      return found.length > 0 ? found : null;
    },
    () => 'no notification',
  );
  const href = `${relay.origin}/ops/#/?task=broken`;
  expect(shown).toMatchObject({ title: '1 new failure', body: 'The broken', tag: 'cecelia', data: { href } });
  expect(await page.getByText('The browser did not show').count()).toBe(0);

  // Only the user can click on it: the worker gets the event of a click. Without a click it must not move the focus nor open a window.
  const [worker] = page.context().serviceWorkers();
  const click = () =>
    worker?.evaluate(async (data) => {
      const { clients } = globalThis as unknown as { clients: { openWindow: (url: string) => Promise<unknown> } };
      const opened: string[] = [];
      clients.openWindow = (url) => Promise.resolve(opened.push(url));
      let isClosed = false;
      let done: Promise<unknown> = Promise.resolve();
      const notification = { data, close: () => (isClosed = true) };
      const waitUntil = (promise: Promise<unknown>) => (done = promise);
      dispatchEvent(Object.assign(new Event('notificationclick'), { notification, waitUntil }));
      await done.catch(() => undefined);
      return { isClosed, opened };
    }, shown?.data);
  expect(await click()).toEqual({ isClosed: true, opened: [] });
  await page.getByRole('dialog').getByText('The broken').first().waitFor();
  expect(page.url()).toBe(href);
  await page.goto(`${relay.origin}/ops/api/v1/status`);
  expect(await click()).toEqual({ isClosed: true, opened: [href] });
});
