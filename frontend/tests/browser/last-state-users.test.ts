import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { patienceMs } from '../../test-limits';
import { TokenIssuer } from '../relay/token-issuer';
import { closeContext, openChromium, openPage } from './chromium';
import { endAfterAll } from './end-after-all';
import { until } from './programs';
import { RedisServer, RelayServer } from './servers';

const end = endAfterAll();
let redis: RedisServer;
let relay: RelayServer;
let browser: Browser;
let issuer: TokenIssuer;
let context: BrowserContext;

beforeAll(async () => {
  issuer = new TokenIssuer();
  end(issuer, () => {
    issuer.dispose();
    return Promise.resolve();
  });
  redis = end(await RedisServer.start(), (server) => server.stop());
  relay = end(await RelayServer.start(redis, issuer.settings), (server) => server.stop());
  browser = end(await openChromium(), (chromium) => chromium.close());
});

afterEach(() => closeContext(context));

async function open(address = ''): Promise<Page> {
  const page = await openPage(context);
  await page.goto(`${relay.origin}/${address}`);
  return page;
}

const kept = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        const request = indexedDB.open('cecelia', 1);
        request.onupgradeneeded = () => void request.result.createObjectStore('last-state');
        request.onsuccess = () => {
          const get = request.result.transaction('last-state').objectStore('last-state').get('/');
          get.onsuccess = () => {
            request.result.close();
            resolve(String(get.result ?? ''));
          };
        };
      }),
  );

test('the last state is shown to the user of the tab only, and is deleted at sign-out', async () => {
  context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  context.setDefaultTimeout(patienceMs);
  const page = await open('#/board');
  await page.getByLabel('Token', { exact: true }).fill(issuer.issue({ role: 'read' }));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('header [data-status=live]').waitFor();
  await redis.publish({ event: 'task:started', data: { taskId: 'secret', status: 'running', title: 'The secret' } });
  await until(
    async () => (await kept(page)).includes('The secret'),
    () => 'the state is not kept',
  );
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));

  await relay.stop();
  const other = await open('#/board');
  await other.locator('header [data-status=reconnecting]').waitFor();
  await page.reload();
  await page.locator('[data-last-state]').waitFor();
  await page.getByText('The secret').first().waitFor();
  expect(await other.locator('[data-last-state]').count()).toBe(0);
  expect(await other.getByText('The secret').count()).toBe(0);
  await other.close();

  await relay.start();
  await page.locator('header [data-status=live]').waitFor();
  await page.getByRole('button', { name: 'User: ada read' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Token', { exact: true }).waitFor();
  await until(
    async () => (await kept(page)) === '',
    () => 'the state was not deleted',
  );
});

test('a wall is signed in by its address, which then has no token', async () => {
  context = await browser.newContext({ viewport: { width: 1920, height: 1080 } });
  context.setDefaultTimeout(patienceMs);
  const requests: string[] = [];
  context.on('request', (request) => requests.push(request.url().split('#')[0] ?? ''));
  const token = issuer.issue({ role: 'read' });
  const page = await open(`#/?wall&rotate=0&token=${token}`);
  await page.locator('[data-wall=live]').waitFor();
  expect(page.url()).not.toContain('token');
  expect(requests.join('\n')).not.toContain(token.split('.')[2]);
  await page.reload();
  await page.locator('[data-wall=live]').waitFor();
});
