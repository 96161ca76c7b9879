import type { Page } from 'playwright-core';
import { afterAll, expect, test } from 'vitest';
import { TokenIssuer } from '../relay/token-issuer';
import { until } from './programs';
import { hasStatus, testBed } from './test-bed';

const issuer = new TokenIssuer();
afterAll(() => issuer.dispose());
const { redis, relay, newPage, open } = testBed({ settings: issuer.settings });

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
  const page = await open('#/board', { hasClock: true });
  await page.getByLabel('Token', { exact: true }).fill(issuer.issue({ role: 'read' }));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await hasStatus(page, 'live');
  await redis.publish({ event: 'task:started', data: { taskId: 'secret', status: 'running', title: 'The secret' } });
  await page.getByText('The secret').first().waitFor();
  // The state is kept every ten seconds, and the worker is started three seconds after the page was loaded.
  await page.clock.fastForward(10_000);
  await until(
    async () => (await kept(page)).includes('The secret'),
    () => 'the state is not kept',
  );
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));

  await relay.stop();
  const other = await open('#/board', { beside: page });
  await hasStatus(other, 'reconnecting');
  await page.reload();
  await page.locator('[data-last-state]').waitFor();
  await page.getByText('The secret').first().waitFor();
  expect(await other.locator('[data-last-state]').count()).toBe(0);
  expect(await other.getByText('The secret').count()).toBe(0);
  await other.close();

  await relay.start();
  await hasStatus(page, 'live');
  await page.getByRole('button', { name: 'User: ada read' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Token', { exact: true }).waitFor();
  await until(
    async () => (await kept(page)) === '',
    () => 'the state was not deleted',
  );
});

test('a wall is signed in by its address, which then has no token', async () => {
  const page = await newPage({ viewport: { width: 1920, height: 1080 } });
  const requests: string[] = [];
  page.context().on('request', (request) => requests.push(request.url().split('#')[0] ?? ''));
  const token = issuer.issue({ role: 'read' });
  await page.goto(`${relay.origin}/#/?wall&rotate=0&token=${token}`);
  await page.locator('[data-wall=live]').waitFor();
  expect(page.url()).not.toContain('token');
  expect(requests.join('\n')).not.toContain(token.split('.')[2]);
  await page.reload();
  await page.locator('[data-wall=live]').waitFor();
});
