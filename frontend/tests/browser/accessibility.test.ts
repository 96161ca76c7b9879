import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { axeFindings, overflow, setLook } from './axe';
import { testBed } from './test-bed';

const artifacts = fileURLToPath(new URL('../../artifacts/', import.meta.url));
const { redis, consoleErrors, openLive } = testBed({ pages: { reducedMotion: 'reduce' } });

beforeAll(async () => {
  await mkdir(artifacts, { recursive: true });
  await redis.publishText('not json');
  await redis.publish(
    ...Array.from({ length: 30 }, (_, index) => task('started', `running-${index}`, 'running', { progress: 30, project_id: 'website' })),
    ...Array.from({ length: 30 }, (_, index) => task('created', `queued-${index}`, 'queued', { project_id: 'website' })),
    ...Array.from({ length: 12 }, (_, index) => task('failed', `failed-${index}`, 'failed', { error: `No disk ${'x'.repeat(index)}` })),
    { event: 'executor:status', data: { activeCount: 2, availableSlots: 1 } },
    ...Array.from({ length: 12 }, (_, index) => agent(`a${index}`, 'running')),
    agent('ended', 'completed'),
    { event: 'execution:started', execution_id: 'e1', data: { message: 'It runs' } },
    ...['n1', 'n2', 'n3'].flatMap((id) => [
      { event: 'node_update', execution_id: 'e1', data: { nodeId: id, status: 'running', name: `Node ${id}` } },
      { event: 'log', execution_id: 'e1', node_id: id, data: { level: 'info', message: 'It works' } },
    ]),
  );
});

function task(name: string, taskId: string, status: string, more: object = {}) {
  return { event: `task:${name}`, data: { taskId, status, title: `The ${taskId}`, ...more } };
}

function agent(id: string, status: string) {
  return { event: 'agent_status', project_id: 'website', data: { agent_id: id, name: `Agent ${id}`, status } };
}

/** Opens a view with all that it shows, also what depends on the rights of the user, which are known once the page is connected. */
async function openLoaded(view: string, options?: BrowserContextOptions): Promise<Page> {
  const page = await openLive(view, options);
  await page.locator('main[data-state=loaded]').waitFor();
  return page;
}

const views = ['', '#/board', '#/board?task=running-1', '#/executions', '#/executions/e1', '#/feed', '#/refused', '#/connections'];

/** Each width with each theme and with each language, and each theme with each language: every pair is in one of the six. */
const looks = [
  { locale: 'en-US', width: 1440, height: 900, colorScheme: 'light' },
  { locale: 'en-US', width: 360, height: 740, colorScheme: 'dark' },
  { locale: 'en-US', width: 320, height: 640, colorScheme: 'light' },
  { locale: 'zh-CN', width: 1440, height: 900, colorScheme: 'dark' },
  { locale: 'zh-CN', width: 360, height: 740, colorScheme: 'light' },
  { locale: 'zh-CN', width: 320, height: 640, colorScheme: 'dark' },
] as const;

// A finding needs at most two of width, theme and language. Contrast: the colors of a theme, and at a width what is shown and what is below it; no
// color depends on the language. Sizes, overlaps and scrolling: the width, and the length of the texts of a language; a theme has no sizes. Names,
// roles and languages: the language, and at a width what is shown. So the pairs find all that the twelve combinations would.
test.each(views.flatMap((view) => ['en-US', 'zh-CN'].map((locale) => [view, locale] as const)))(
  '/%s has no finding of axe at three sizes and in both themes: %s',
  async (view, locale) => {
    const page = await openLoaded(view, { locale });
    for (const look of looks.filter((one) => one.locale === locale)) {
      const { width, colorScheme } = look;
      await setLook(page, look);
      const name = view.slice(2).replaceAll(/\W/g, '-') || 'overview';
      await page.screenshot({ path: `${artifacts}${name}-${locale}-${colorScheme}-${width}.png` });
      expect(await overflow(page), `pixels wider than a window of ${width}`).toBeLessThanOrEqual(0);
      expect(await axeFindings(page), `${colorScheme}, ${width} pixels`).toEqual([]);
    }
    expect(consoleErrors).toEqual([]);
  },
);

test('on a phone the details of a task are modal, and the focus returns', async () => {
  const page = await openLoaded('#/board', { viewport: { width: 360, height: 740 } });
  const card = page.locator('[data-task="running-1"]');
  await card.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('The running-1').first().waitFor();
  expect(await dialog.evaluate((element) => element.matches(':modal'))).toBe(true);
  for (let step = 0; step < 12; step++) {
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.closest('main, header, nav') ?? null)).toBeNull();
  }
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(await page.evaluate(() => document.activeElement?.getAttribute('data-task'))).toBe('running-1');
  expect(consoleErrors).toEqual([]);
});

test('beside the view the details are not modal, show the focus, and close by Escape', async () => {
  const page = await openLoaded('#/board');
  const card = page.locator('[data-task="running-1"]');
  await card.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('The running-1').first().waitFor();
  expect(await dialog.evaluate((element) => element.matches(':modal'))).toBe(false);
  expect(await dialog.evaluate((element) => getComputedStyle(element).outlineStyle)).toBe('solid');
  await page.locator('[data-task="running-10"]').click();
  await dialog.getByText('The running-10').first().waitFor();
  await page.setViewportSize({ width: 360, height: 740 });
  await expect.poll(() => dialog.evaluate((element) => element.matches(':modal'))).toBe(true);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(consoleErrors).toEqual([]);
});

test.each(['', '#/board', '#/executions', '#/feed'])('/%s has rows and controls of at least 44 pixels on a phone', async (view) => {
  const page = await openLoaded(view, { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  const small = await page.evaluate(() =>
    [...document.querySelectorAll('a, button, input, select')].flatMap((element) => {
      // A box for a choice is as large as its label.
      const { width, height } = (element.closest('label') ?? element).getBoundingClientRect();
      // A link that covers its row, a link in a sentence, and the link that is shown by Tab.
      const isExcepted = getComputedStyle(element, '::after').position === 'absolute' || element.matches('h1 *, p *, [href="#main"]');
      return width === 0 || height >= 43.5 || isExcepted ? [] : [element.outerHTML.slice(0, 160)];
    }),
  );
  expect(small).toEqual([]);
});
