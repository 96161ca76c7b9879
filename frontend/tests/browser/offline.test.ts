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
  relay = end(await RelayServer.start(redis, { CECELIA_PATH_BASE: '/ops' }), (server) => server.stop());
  browser = end(await openChromium(), (chromium) => chromium.close());
});

afterEach(async () => {
  for (const context of contexts.splice(0)) await closeContext(context);
});

/** Opens the page, and waits until its files are kept. */
async function open(path: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  contexts.push(context);
  context.setDefaultTimeout(patienceMs);
  const page = await openPage(context);
  await page.goto(`${relay.origin}${path}`);
  await page.locator('header [data-status=live]').waitFor();
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
  const page = await open('/ops/#/board');
  await redis.publish(task('kept', 'running'));
  await hasKept(page, 'The kept');
  await relay.stop();
  await page.reload();
  const banner = page.locator('[data-last-state]');
  await banner.getByText(/^Last known state, from .*, \d+ (?:s|min) ago\. The relay cannot be reached\.$/).waitFor();
  await page.locator('section[data-status=running]').getByText('The kept').first().waitFor();
  await page.locator('header [data-status=reconnecting]').waitFor();
  await page.goto(`${relay.origin}/ops/#/`);
  await page
    .getByText(/^Not connected to the relay since/)
    .first()
    .waitFor();
  expect(await page.title()).toMatch(/^● Offline/);
  await relay.start();
  await page.locator('header [data-status=live]').waitFor();
  await banner.waitFor({ state: 'detached' });
});

test('the worker keeps the files of the page and nothing of the relay, and an answer of the relay comes first', async () => {
  const page = await open('/');
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
  await page.locator('header [data-status=live]').waitFor();
  expect(await page.title()).not.toBe('Old');
});

test('the page can be installed', async () => {
  const page = await open('/ops/');
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
