import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import AxeSource from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { patienceMs } from '../../test-limits';
import { closeContext, openChromium, openPage } from './chromium';
import { endAfterAll } from './end-after-all';
import { RedisServer, RelayServer } from './servers';

const artifacts = fileURLToPath(new URL('../../artifacts/', import.meta.url));
const end = endAfterAll();

let redis: RedisServer;
let relay: RelayServer;
let browser: Browser;
let pageErrors: string[];
const contexts: BrowserContext[] = [];

beforeAll(async () => {
  await mkdir(artifacts, { recursive: true });
  redis = end(await RedisServer.start(), (server) => server.stop());
  relay = end(await RelayServer.start(redis), (server) => server.stop());
  browser = end(await openChromium(), (chromium) => chromium.close());
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

beforeEach(() => {
  pageErrors = [];
});

afterEach(async () => {
  for (const context of contexts.splice(0)) await closeContext(context);
});

function task(name: string, taskId: string, status: string, more: object = {}) {
  return { event: `task:${name}`, data: { taskId, status, title: `The ${taskId}`, ...more } };
}

function agent(id: string, status: string) {
  return { event: 'agent_status', project_id: 'website', data: { agent_id: id, name: `Agent ${id}`, status } };
}

async function open(view: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce', ...options });
  contexts.push(context);
  context.setDefaultTimeout(patienceMs);
  const page = await openPage(context);
  page.on('console', (message) => {
    if (message.type() === 'error') pageErrors.push(message.text());
  });
  page.on('pageerror', (error) => pageErrors.push(String(error)));
  await page.goto(`${relay.origin}/${view}`);
  await page.locator('main[data-state=loaded]').waitFor();
  return page;
}

/** Waits until the page has the colors of the theme and nothing moves. */
async function settled(page: Page, theme: 'light' | 'dark'): Promise<void> {
  await page.waitForFunction((isDark) => {
    const [red = 255] = /\d+/.exec(getComputedStyle(document.body).backgroundColor)?.map(Number) ?? [];
    return red < 128 === isDark && document.getAnimations().length === 0;
  }, theme === 'dark');
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

/** All findings of axe: WCAG 2.2 A and AA, and its best practices. */
function findings(page: Page): Promise<readonly string[]> {
  return page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof AxeSource };
    const { violations } = await axe.run(document);
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
  });
}

const views = ['', '#/board', '#/board?task=running-1', '#/executions', '#/executions/e1', '#/feed', '#/refused', '#/connections'];

test.each(views.flatMap((view) => ['en-US', 'zh-CN'].map((locale) => [view, locale] as const)))(
  '/%s has no finding of axe at three sizes and in both themes: %s',
  async (view, locale) => {
    const page = await open(view, { locale });
    await page.evaluate(AxeSource.source);
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const [width, height] of [
        [1440, 900],
        [360, 740],
        [320, 640],
      ] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await page.setViewportSize({ width, height });
        await settled(page, colorScheme);
        const name = view.slice(2).replaceAll(/\W/g, '-') || 'overview';
        if (locale === 'en-US') await page.screenshot({ path: `${artifacts}${name}-${colorScheme}-${width}.png` });
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(overflow, `pixels wider than a window of ${width}`).toBeLessThanOrEqual(0);
        expect(await findings(page), `${colorScheme}, ${width} pixels`).toEqual([]);
      }
    }
    expect(pageErrors).toEqual([]);
  },
);

test('on a phone the details of a task are modal, and the focus returns', async () => {
  const page = await open('#/board', { viewport: { width: 360, height: 740 } });
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
  expect(pageErrors).toEqual([]);
});

test('beside the view the details are not modal, show the focus, and close by Escape', async () => {
  const page = await open('#/board');
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
  expect(pageErrors).toEqual([]);
});

test.each(['', '#/board', '#/executions', '#/feed'])('/%s has rows and controls of at least 44 pixels on a phone', async (view) => {
  const page = await open(view, { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  const small = await page.evaluate(() =>
    [...document.querySelectorAll('a, button, input, select')].flatMap((element) => {
      const { width, height } = element.getBoundingClientRect();
      // A link that covers its row, a link in a sentence, and the link that is shown by Tab.
      const isExcepted = getComputedStyle(element, '::after').position === 'absolute' || element.matches('h1 *, p *, [href="#main"]');
      return width === 0 || height >= 43.5 || isExcepted ? [] : [element.outerHTML.slice(0, 160)];
    }),
  );
  expect(small).toEqual([]);
});
