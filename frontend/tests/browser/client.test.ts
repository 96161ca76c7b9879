import type { Page } from 'playwright-core';
import type { ViteDevServer } from 'vite';
import { beforeAll, expect, test } from 'vitest';
import { endAfterAll } from './end-after-all';
import { servePages } from './page-server';
import { testBed } from './test-bed';

const { redis, relay, newPage } = testBed();
const end = endAfterAll();
let pages: { server: ViteDevServer; origin: string };

beforeAll(async () => {
  pages = end(await servePages(relay.origin), ({ server }) => server.close());
});

async function open(query = '', beside?: Page): Promise<Page> {
  const page = await newPage(beside && { beside });
  await page.goto(`${pages.origin}/tests/browser/pages/client.html${query}`);
  await page.waitForFunction(() => window.page.client.state.status === 'live');
  return page;
}

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => ({ event: 'log', data: { n: from + index, message: 'a line' } }));

const has = (page: Page, count: number) => page.waitForFunction((wanted) => window.page.events.length >= wanted, count);

const events = (page: Page) => page.evaluate(() => window.page.events);

const upTo = (count: number) => Array.from({ length: count }, (_, index) => String(index + 1));

test('a page receives every event in order', async () => {
  const page = await open();
  await redis.publish(...numbered(1, 500));
  await has(page, 500);
  expect(await events(page)).toEqual(upTo(500));
  expect(await page.evaluate(() => window.page.statuses)).toEqual(['connecting', 'catching-up', 'live']);
  expect(await page.evaluate(() => window.page.client.state)).toMatchObject({ protocol: 'subprotocol' });
});

test('a page recovers all missed events exactly once after a network outage', async () => {
  const page = await open();
  await redis.publish(...numbered(1, 5));
  await has(page, 5);
  await page.context().setOffline(true);
  await page.waitForFunction(() => window.page.client.state.status === 'reconnecting');
  await redis.publish(...numbered(6, 40));
  await page.context().setOffline(false);
  await has(page, 40);
  expect(await events(page)).toEqual(upTo(40));
  await page.waitForFunction(() => window.page.client.state.status === 'live');
  expect(await page.evaluate(() => window.page.problems)).toEqual([]);
});

test('a page is live with the current state after a restart of the relay', async () => {
  const page = await open();
  await redis.publish({ event: 'task:started', data: { taskId: 'r1', status: 'running' } });
  await has(page, 1);
  await relay.stop();
  await relay.start();
  await page.waitForFunction(() => window.page.client.state.status === 'live');
  await redis.publish({ event: 'task:completed', data: { taskId: 'r1', status: 'completed' } });
  await page.waitForFunction(() => window.page.view.sections.tasks.get('r1')?.status === 'completed');
});

test('tabs share one connection, and a later tab has the state at once', async () => {
  const first = await open('?shared');
  await redis.publish({ event: 'task:started', data: { taskId: 's1', status: 'running' } }, ...numbered(1, 3));
  await has(first, 4);
  await relay.hasConnections(1);
  const second = await open('?shared', first);
  await second.waitForFunction(() => window.page.view.sections.tasks.get('s1')?.status === 'running');
  await relay.hasConnections(1);
  await redis.publish(...numbered(4, 6));
  await has(first, 7);
  await has(second, 3);
  expect(await events(second)).toEqual(['4', '5', '6']);
  await first.close();
  await redis.publish(...numbered(7, 7));
  await has(second, 4);
});

test('a command reaches Brain, and the reply reaches the page that sent it', async () => {
  const endBrain = await redis.onCommand(({ id, cmd }) => void redis.publish({ event: 'session_started', data: { cmd }, reply_to: id }));
  const page = await open();
  const outcome = await page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        window.page.client
          .command('start_session', { graph: 'g1' }, { onReply: ({ event, data }) => resolve({ event, data }) })
          .catch((error: unknown) => reject(error as Error));
      }),
  );
  expect(outcome).toEqual({ event: 'session_started', data: { cmd: 'start_session' } });
  await endBrain();
  const reason = await page.evaluate(() =>
    window.page.client.command('rm').catch((error: unknown) => (error as { reason: string }).reason),
  );
  expect(reason).toBe('command_not_allowed');
});
