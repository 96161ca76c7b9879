import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { patienceMs } from '../../test-limits';
import { until } from './programs';
import { testBed } from './test-bed';

const screens = [
  { width: 1920, height: 1080 },
  { width: 3840, height: 2160 },
];

const { redis, relay, newPage, open } = testBed({ pages: { viewport: screens[0] ?? null } });

async function openWall(address: string): Promise<Page> {
  const page = await open(address);
  await page.locator('[data-wall=live]').waitFor();
  return page;
}

const task = (name: string, taskId: string, data: object = {}) => ({
  event: `task:${name}`,
  data: { taskId, status: name === 'created' ? 'queued' : name === 'started' ? 'running' : name, title: `The ${taskId}`, ...data },
  project_id: 'billing',
});

const work = [
  ...Array.from({ length: 9 }, (_, index) =>
    task('failed', `failed-${index}`, { error: `No disk ${'x'.repeat(40 * index)}${String.fromCharCode(97 + index)}` }),
  ),
  ...Array.from({ length: 9 }, (_, index) => task('started', `running-${index} ${'y'.repeat(30 * index)}`)),
  ...Array.from({ length: 9 }, (_, index) => task('created', `queued-${index}`)),
  { event: 'executor:status', data: { activeCount: 9, availableSlots: 3 } },
];

/** How far the page is larger than the screen, and what is outside of it. */
const overflow = (page: Page) =>
  page.evaluate(() => {
    const { scrollWidth, scrollHeight } = document.documentElement;
    const outside = [...document.querySelectorAll('main *')].filter((element) => {
      const { right, bottom, width } = element.getBoundingClientRect();
      return width > 0 && (right > innerWidth + 1 || bottom > innerHeight + 1);
    });
    return {
      width: scrollWidth - innerWidth,
      height: scrollHeight - innerHeight,
      outside: outside.map(({ className, tagName }) => `${tagName} ${className}`),
    };
  });

const fontSize = (page: Page, selector: string) =>
  page
    .locator(selector)
    .first()
    .evaluate((element) => parseFloat(getComputedStyle(element).fontSize));

test.each(['overview', 'failures', 'running', 'queue', 'lanes'])(
  'the view %s fits on each screen, and can be read from afar',
  async (view) => {
    await redis.publish(...work);
    const page = await openWall(`#/?wall&rotate=0&views=${view}`);
    await page.locator(`[data-view=${view}]`).waitFor();
    for (const screen of screens) {
      await page.setViewportSize(screen);
      await expect.poll(() => overflow(page), { timeout: patienceMs }).toEqual({ width: 0, height: 0, outside: [] });
      const scale = screen.height / 1080;
      expect(await fontSize(page, 'h1')).toBeGreaterThanOrEqual(72 * scale);
      const texts: Readonly<Record<string, readonly string[]>> = {
        overview: ['dt', 'dd'],
        lanes: ['canvas', '[class*=axis] span', '[class*=legend] span'],
      };
      for (const selector of ['footer', 'footer li', ...(texts[view] ?? ['ol[class*=rows] li span'])])
        expect(await fontSize(page, selector), selector).toBeGreaterThanOrEqual(24 * scale);
      expect(await page.locator('header nav, button, a, input, select').count()).toBe(0);
      expect(await page.locator('main').evaluate((element) => getComputedStyle(element).cursor)).toBe('none');
    }
  },
);

test('views rotate, without those that have nothing to show, until Space pauses', async () => {
  await redis.publish(...work);
  const page = await openWall('?wall&rotate=1&views=failures,slots,queue');
  const view = () => page.locator('main').getAttribute('data-view');
  expect(page.url()).toContain('#/?wall');
  for (const name of ['failures', 'queue', 'failures']) await page.locator(`[data-view=${name}]`).waitFor();
  await page.keyboard.press('Space');
  await page.getByText('Paused', { exact: false }).waitFor();
  const paused = await view();
  const second = await page.getByText(/Live · /).textContent();
  // Two seconds of the page's clock later it is still the same view.
  await until(
    async () => (await page.getByText(/Live · /).textContent()) !== second,
    () => 'the clock stands still',
  );
  expect(await view()).toBe(paused);
  await page.keyboard.press('Space');
  await page.locator(`[data-view=${paused === 'queue' ? 'failures' : 'queue'}]`).waitFor();
});

test('an outage fills the screen with its age, and never shows old numbers as current', async () => {
  await redis.publish(...work);
  const page = await openWall('#/?wall&rotate=0');
  await page.locator('[data-view=overview] dd').first().waitFor();
  for (const [kind, server, text] of [
    ['away', relay, 'Not connected to the relay'],
    ['degraded', redis, 'The relay may be missing events'],
  ] as const) {
    await server.stop();
    const outage = page.locator(`[data-outage=${kind}]`);
    await outage.getByText(text, { exact: false }).first().waitFor();
    await outage.getByText(/^for \d+ s/).waitFor();
    await outage.getByText(/^Last known at /).waitFor();
    expect(await outage.boundingBox()).toEqual({ x: 0, y: 0, width: 1920, height: 1080 });
    expect(await page.locator('dd').count()).toBe(0);
    expect(await page.title()).toMatch(/^● /);
    await server.start();
    await page.locator('[data-wall=live]').waitFor();
  }
});

test('the wall is reloaded when the relay has another version of the page', async () => {
  const page = await openWall('#/?wall&rotate=0');
  // The relay that is started again serves a page with another script.
  let isAsked = false;
  await page.route(`${relay.origin}/`, async (route) => {
    if (route.request().resourceType() === 'document') return route.continue();
    isAsked = true;
    const text = await (await fetch(`${relay.origin}/`)).text();
    // The page may be closed by now: it asks again.
    await route.fulfill({ contentType: 'text/html', body: text.replace(/index-[\w-]+\.js/, 'index-other.js') }).catch(() => undefined);
  });
  await page.evaluate(() => Object.assign(globalThis, { isBefore: true }));
  await relay.stop();
  await page.locator('[data-wall=outage]').waitFor();
  expect(isAsked).toBe(false);
  await relay.start();
  await until(
    () => page.evaluate(() => !('isBefore' in globalThis)).catch(() => false),
    () => `not reloaded; the relay was ${isAsked ? '' : 'not '}asked`,
  );
  await page.locator('[data-wall=live]').waitFor();
});

test('the screen is kept on, also after the page was hidden; a browser that cannot says so', async () => {
  const page = await newPage();
  await page.addInitScript(() => {
    let held = 0;
    let requests = 0;
    Object.defineProperty(navigator, 'wakeLock', {
      configurable: true,
      value: {
        request: () => {
          held++;
          requests++;
          const lock = Object.assign(new EventTarget(), { released: false, release: () => Promise.resolve() });
          document.addEventListener('visibilitychange', () => {
            if (document.visibilityState !== 'hidden' || lock.released) return;
            held--;
            lock.released = true;
            lock.dispatchEvent(new Event('release'));
          });
          return Promise.resolve(lock);
        },
      },
    });
    Object.assign(globalThis, { locks: () => `${held} of ${requests}` });
  });
  await page.goto(`${relay.origin}/#/?wall&rotate=0`);
  const locks = () => page.evaluate(() => (globalThis as unknown as { locks: () => string }).locks());
  const setHidden = (isHidden: boolean) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => (hidden ? 'hidden' : 'visible') });
      document.dispatchEvent(new Event('visibilitychange'));
    }, isHidden);
  await page.locator('[data-wall=live]').waitFor();
  expect(await locks()).toBe('1 of 1');
  await setHidden(true);
  expect(await locks()).toBe('0 of 1');
  await setHidden(false);
  expect(await locks()).toBe('1 of 2');
  expect(await page.getByText('The screen may turn off', { exact: false }).count()).toBe(0);
  await page.addInitScript(() => Object.defineProperty(navigator, 'wakeLock', { value: undefined }));
  await page.reload();
  await page.getByText('The screen may turn off', { exact: false }).waitFor();
});

test('the menu copies the address of the wall, with project and language', async () => {
  const page = await open('#/feed?project=billing', { permissions: ['clipboard-read', 'clipboard-write'] });
  await page.locator('header').getByRole('button', { name: 'Preferences' }).click();
  await page.getByRole('button', { name: 'Copy wall link' }).click();
  await page.getByText('Copied').waitFor();
  const address = await page.evaluate(() => navigator.clipboard.readText());
  expect(address).toBe(`${relay.origin}/#/?wall&project=billing&lang=en`);
  await page.goto(address);
  await page.locator('[data-wall=live]').waitFor();
  await page.locator('footer').getByText('billing').waitFor();
});
