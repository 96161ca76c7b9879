import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { patienceMs } from '../../test-limits';
import { closeContext, openChromium, openPage } from './chromium';
import { endAfterAll } from './end-after-all';
import { RedisServer, RelayServer } from './servers';

let redis: RedisServer;
let relay: RelayServer;
let browser: Browser;
let context: BrowserContext;

const end = endAfterAll();

beforeAll(async () => {
  redis = end(await RedisServer.start(), (server) => server.stop());
  relay = end(await RelayServer.start(redis), (server) => server.stop());
  browser = end(await openChromium(), (chromium) => chromium.close());
  await redis.publish(
    { event: 'task:created', data: { taskId: 't1', title: 'Pay the invoices' }, project_id: 'billing' },
    { event: 'task:created', data: { taskId: 't2', title: '=1+1, "quoted"' }, project_id: 'website' },
  );
});

beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  context.setDefaultTimeout(patienceMs);
});

afterEach(() => closeContext(context));

async function open(view: string): Promise<Page> {
  const page = await openPage(context);
  await page.goto(`${relay.origin}/${view}`);
  await page.locator('main[data-state=loaded]').waitFor();
  return page;
}

test('the palette opens with Ctrl+K, finds a task by its title, and opens it by keyboard', async () => {
  const page = await open('#/feed');
  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog', { name: 'Search and commands' });
  await palette.getByRole('combobox').fill('invoices');
  await palette.getByRole('option', { name: 'Pay the invoices' }).waitFor();
  await page.keyboard.press('Enter');

  await page.getByRole('dialog').getByRole('heading', { name: 'Pay the invoices' }).waitFor();
  expect(new URL(page.url()).hash).toContain('task=t1');
  expect(await palette.count()).toBe(0);
});

test('the palette goes to a view, and Escape closes it without a change', async () => {
  const page = await open('#/feed');
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog', { name: 'Search and commands' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Search and commands' }).waitFor({ state: 'detached' });
  expect(new URL(page.url()).hash).toBe('#/feed');

  await page.keyboard.press('Control+k');
  await page.getByRole('dialog', { name: 'Search and commands' }).getByRole('combobox').fill('board');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Board', level: 1 }).waitFor();
});

test('the export of the board has the tasks that are shown, safe for a spreadsheet', async () => {
  const page = await open('#/board?search=quoted');
  await page.getByText('=1+1, "quoted"').first().waitFor();
  await page.getByRole('button', { name: 'Export' }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download CSV' }).click()]);
  const text = await readFile(await download.path(), 'utf8');

  expect(download.suggestedFilename()).toMatch(/\.csv$/);
  expect(text.startsWith('\uFEFF')).toBe(true);
  expect(text).toContain(`"'=1+1, ""quoted"""`);
  expect(text).not.toContain('Pay the invoices');
});
