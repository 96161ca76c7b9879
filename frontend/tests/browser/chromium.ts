import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { inject } from 'vitest';
import { patienceMs } from '../../test-limits';
import { CoveredLines } from '../coverage/covered-lines';
import { launchOptions } from './shared-chromium';

/** Starts a Chromium of its own, for measurements, and for tests that need other switches. */
export const openChromium = (...more: string[]): Promise<Browser> => chromium.launch(launchOptions(...more));

/** Connects to the Chromium that all test files share (shared-chromium.ts). Closing the connection closes the contexts that were opened on it. */
export const connectToChromium = (): Promise<Browser> => chromium.connect(inject('chromium'), { timeout: patienceMs });

const folder = process.env.BROWSER_COVERAGE;
const covered = new CoveredLines();

/** Opens a page in the context. If the environment variable BROWSER_COVERAGE names a folder, the lines that the page executes are recorded. */
export async function openPage(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  if (folder !== undefined) await page.coverage.startJSCoverage({ resetOnNavigation: false });
  return page;
}

/** Closes a context whose pages were opened by {@link openPage}. */
export async function closeContext(context: BrowserContext): Promise<void> {
  if (folder !== undefined) for (const page of context.pages()) await covered.add(await page.coverage.stopJSCoverage());
  // A request of the page that a test answers may be under way.
  for (const page of context.pages()) await page.unrouteAll({ behavior: 'ignoreErrors' });
  await context.close();
}

/** Writes the recorded lines of this test file. */
export function writeCoverage(): void {
  if (folder !== undefined) covered.write(folder);
}
