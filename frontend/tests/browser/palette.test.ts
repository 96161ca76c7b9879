import { buffer } from 'node:stream/consumers';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { testBed } from './test-bed';

const { redis, open } = testBed();

beforeAll(() =>
  redis.publish(
    { event: 'task:created', data: { taskId: 't1', title: 'Pay the invoices' }, project_id: 'billing' },
    { event: 'task:created', data: { taskId: 't2', title: '=1+1, "quoted"' }, project_id: 'website' },
  ),
);

async function openLoaded(...address: Parameters<typeof open>): Promise<Page> {
  const page = await open(...address);
  await page.locator('main[data-state=loaded]').waitFor();
  return page;
}

test('the palette opens with Ctrl+K, finds a task by its title, and opens it by keyboard', async () => {
  const page = await openLoaded('#/feed');
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
  const page = await openLoaded('#/feed');
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

test('on a phone the palette opens by its button, and a touch chooses', async () => {
  const page = await openLoaded('#/feed', { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  await page.getByRole('button', { name: 'Search and commands' }).tap();
  const palette = page.getByRole('dialog', { name: 'Search and commands' });
  const { x = -1, width = 0 } = (await palette.boundingBox()) ?? {};
  expect(x >= 0 && x + width <= 360).toBe(true);
  await palette.getByRole('combobox').fill('invoices');
  const option = palette.getByRole('option', { name: 'Pay the invoices' });
  expect((await option.boundingBox())?.height).toBeGreaterThanOrEqual(44);
  await option.tap();
  await page.getByRole('dialog').getByRole('heading', { name: 'Pay the invoices' }).waitFor();
});

test('each key of the help dialog does what it says', async () => {
  const page = await openLoaded('#/board');
  const press = (key: string) => page.keyboard.press(key);
  const shows = (name: string) => page.getByRole('heading', { name, level: 1 }).waitFor({ state: 'attached' });
  await press('?');
  const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  const listed = await help.locator('dt').allInnerTexts();
  expect(listed).toEqual(['Ctrl K, ⌘ K', '1 – 6', '/', 'p', 'h', '␣', '← →', '⇧ ← →', '⇱ ⇲', 't', 'Esc', '?']);
  await press('Escape');
  await help.waitFor({ state: 'hidden' });

  for (const key of ['Control+k', 'Meta+k']) {
    const palette = page.getByRole('dialog', { name: 'Search and commands' });
    await press(key);
    await palette.waitFor();
    await press('Escape');
    await palette.waitFor({ state: 'detached' });
  }
  for (const [index, view] of ['Overview', 'Board', 'Executions', 'Feed', 'Refused', 'Connections'].entries()) {
    await press(String(index + 1));
    await shows(view);
  }
  await press('2');
  await press('/');
  await page.locator('[data-search]:focus').waitFor();
  await press('Escape');
  await press('4');
  await press('p');
  await page.getByRole('button', { name: 'Resume' }).waitFor();
  await press('p');
  await page.getByRole('button', { name: 'Pause' }).waitFor();
  for (const theme of ['light', 'dark']) {
    await press('t');
    await page.locator(`html[data-theme=${theme}]`).waitFor();
  }
  await press('2');
  await page.locator('[data-task=t1]').click();
  await page.getByRole('dialog').waitFor();
  await press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
});

test('each key of the help dialog that is for the history does what it says', async () => {
  const page = await openLoaded('#/board');
  const press = (key: string) => page.keyboard.press(key);
  await press('h');
  const moment = page.getByRole('slider', { name: 'Moment' });
  const isAt = (index: number) =>
    page
      .locator(`[role=slider], [type=range]`)
      .and(page.locator(`[aria-valuetext*="${index} of 2"]`))
      .waitFor();
  await isAt(2);
  for (const [key, index] of [
    ['ArrowLeft', 1],
    ['ArrowRight', 2],
    ['Home', 0],
    ['End', 2],
    ['Shift+ArrowLeft', 0],
    ['Shift+ArrowRight', 2],
  ] as const) {
    await press(key);
    await isAt(index);
  }
  await press('Home');
  await press('Space');
  await isAt(2);
  await press('Escape');
  await moment.waitFor({ state: 'detached' });
});

test('the export of the board has the tasks that are shown, safe for a spreadsheet', async () => {
  const page = await openLoaded('#/board?search=quoted');
  await page.getByText('=1+1, "quoted"').first().waitFor();
  await page.getByRole('button', { name: 'Export' }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download CSV' }).click()]);
  const saved = (await buffer(await download.createReadStream())).toString();

  expect(download.suggestedFilename()).toMatch(/\.csv$/);
  expect(saved.startsWith('\uFEFF')).toBe(true);
  expect(saved).toContain(`"'=1+1, ""quoted"""`);
  expect(saved).not.toContain('Pay the invoices');
});
