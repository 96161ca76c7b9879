import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll } from 'vitest';
import { patienceMs } from '../../test-limits';
import { CoveredLines } from '../coverage/covered-lines';

const switches = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts the system's Chromium, or the executable in the environment variable CHROMIUM. */
export function openChromium(...more: string[]): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [...switches, ...more],
    timeout: patienceMs,
  });
}

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
  await context.close();
}

if (folder !== undefined) afterAll(() => covered.write(folder));
