import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { patienceMs } from '../../test-limits';
import { closeContext, connectToChromium, openPage, writeCoverage } from './chromium';
import { endAfterAll } from './end-after-all';
import { until } from './programs';
import { RedisServer, RelayServer } from './servers';

interface Options {
  /** Settings of the relay. */
  readonly settings?: NodeJS.ProcessEnv;
  /** Starts a Redis and a relay without any state for each test instead of for the file. */
  readonly isNewForEachTest?: boolean;
  /** Options of every page. */
  readonly pages?: BrowserContextOptions;
}

interface PageOptions extends BrowserContextOptions {
  /** Another relay than that of the file. */
  readonly at?: RelayServer;
  /** The page shares the context of another one, as a tab of the same browser. The other options do not apply. */
  readonly beside?: Page;
  /** `page.clock` can turn the page's clock forward. It runs at its usual speed otherwise. */
  readonly hasClock?: boolean;
}

/** Redis, a relay, and pages in a real browser. */
export interface TestBed {
  readonly redis: RedisServer;
  readonly relay: RelayServer;
  /** The errors that pages wrote to their console during this test. Those of failed connections are there if a test causes them. */
  readonly consoleErrors: readonly string[];
  /** Opens an empty page in a new context, which is closed after the test. */
  readonly newPage: (options?: Omit<PageOptions, 'at'>) => Promise<Page>;
  /** Opens an address of the relay, such as `#/board`. */
  readonly open: (address?: string, options?: PageOptions) => Promise<Page>;
  /** Opens an address of the relay, and waits until the page is connected and has the state. */
  readonly openLive: (address?: string, options?: PageOptions) => Promise<Page>;
}

/** Waits until the badge in the header shows a connection status. */
export const hasStatus = (page: Page, status: string): Promise<void> => page.locator(`header [data-status=${status}]`).first().waitFor();

/** Waits until the page has drawn what it received before. */
export const rendered = (page: Page): Promise<unknown> =>
  page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));

/** Waits until this tab is the one that notifies. From then on, what happens is news. */
export async function isNotifying(page: Page): Promise<void> {
  await until(
    () => page.evaluate(async () => ((await navigator.locks.query()).held ?? []).some(({ name }) => name?.startsWith('cecelia '))),
    () => 'no tab notifies',
  );
}

/** Starts the servers of a test file, and registers what ends them. An exception in a page fails the test that it happens in. */
export function testBed({ settings, isNewForEachTest = false, pages = {} }: Options = {}): TestBed {
  const redis = new RedisServer();
  const relay = new RelayServer(redis, settings);
  const contexts: BrowserContext[] = [];
  const exceptions: string[] = [];
  const consoleErrors: string[] = [];
  let browser: Browser;

  const end = endAfterAll();
  const startServers = async () => {
    await redis.start();
    await relay.start();
  };
  const stopServers = async () => {
    await relay.stop();
    await redis.stop();
  };

  beforeAll(async () => {
    browser = end(await connectToChromium(), (chromium) => chromium.close());
    if (isNewForEachTest) return;
    end(undefined, stopServers);
    await startServers();
  });
  beforeEach(async () => {
    exceptions.length = consoleErrors.length = 0;
    if (isNewForEachTest) await startServers();
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await closeContext(context);
    if (isNewForEachTest) await stopServers();
    expect(exceptions, 'exceptions in pages').toEqual([]);
  });
  afterAll(writeCoverage);

  async function newContext(options: BrowserContextOptions): Promise<BrowserContext> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US', ...pages, ...options });
    contexts.push(context);
    context.setDefaultTimeout(patienceMs);
    await context.addInitScript(reconnectSoon);
    return context;
  }

  async function newPage({ beside, hasClock = false, ...options }: Omit<PageOptions, 'at'> = {}): Promise<Page> {
    const page = await openPage(beside?.context() ?? (await newContext(options)));
    page.on('pageerror', (error) => exceptions.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') consoleErrors.push(message.text());
    });
    if (hasClock) await page.clock.install();
    return page;
  }

  async function open(address = '', { at = relay, ...options }: PageOptions = {}): Promise<Page> {
    const page = await newPage(options);
    await page.goto(`${at.origin}/${address}`);
    return page;
  }

  async function openLive(address?: string, options?: PageOptions): Promise<Page> {
    const page = await open(address, options);
    await hasStatus(page, 'live');
    return page;
  }

  return { redis, relay, consoleErrors, newPage, open, openLive };
}

/**
 * Runs in each page. The delay before a reconnect is random, up to 30 s, so that many pages do not reconnect at once. There is one page here: its random
 * numbers are small, and it reconnects within a second. The unit tests of the client cover the distribution.
 */
function reconnectSoon(): void {
  const { random } = Math;
  Math.random = () => random.call(Math) / 30;
}
