import AxeSource from 'axe-core';
import type { Page } from 'playwright-core';
import { rendered } from './test-bed';

interface Look {
  readonly width: number;
  readonly height: number;
  readonly colorScheme: 'light' | 'dark';
}

/** Changes size and theme of an open page, and waits until it has the colors of the theme and nothing moves. */
export async function setLook(page: Page, { width, height, colorScheme }: Look): Promise<void> {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await page.setViewportSize({ width, height });
  await page.waitForFunction((isDark) => {
    const [red = 255] = /\d+/.exec(getComputedStyle(document.body).backgroundColor)?.map(Number) ?? [];
    return red < 128 === isDark && document.getAnimations().length === 0;
  }, colorScheme === 'dark');
  await rendered(page);
}

/** Returns the findings of axe in the page, or in a part of it: WCAG 2.2 A and AA, and its best practices. */
export async function axeFindings(page: Page, part: string | { readonly exclude: string[] } = 'html'): Promise<readonly string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AxeSource.source);
  return page.evaluate(async (examined) => {
    const { axe } = window as unknown as { axe: typeof AxeSource };
    // Details of what passes are not collected.
    const { violations } = await axe.run(examined, { resultTypes: ['violations'] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
  }, part);
}

/** How many pixels the content is wider than the window. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
