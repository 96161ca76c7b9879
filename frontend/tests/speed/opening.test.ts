import type { Browser } from 'playwright-core';
import { beforeAll, test } from 'vitest';
import { openChromium } from '../browser/chromium';
import { endAfterAll } from '../browser/end-after-all';
import { patienceMs } from '../../test-limits';
import { RedisServer, RelayServer } from '../browser/servers';
import { Load } from './load';

/** Measures how fast a page opens, with a few tasks and with as many as a page holds. */
const few = { tasks: 200, events: 1000 };
const many = { tasks: 20_000, events: 65_000 };
const rounds = Number(process.env.ROUNDS ?? 5);

interface Opening {
  /** Until the first text of the page, and until its first content of the relay, in milliseconds. */
  readonly paint: number;
  readonly content: number;
  /** Until the events before it are shown. */
  readonly past: number;
  readonly longest: number;
}

let browser: Browser;
const end = endAfterAll();

beforeAll(async () => {
  browser = end(await openChromium(), (chromium) => chromium.close());
});

async function fill({ tasks, events }: typeof few): Promise<RelayServer> {
  const redis = end(await RedisServer.start(), (server) => server.stop());
  const relay = end(await RelayServer.start(redis), (server) => server.stop());
  const load = new Load(redis, tasks);
  await load.create();
  await load.run(5000, Math.max(1, (events - tasks * 6) / 5000));
  return relay;
}

async function open(relay: RelayServer, view: string): Promise<Opening> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(() => {
    const figures = { longest: 0, content: 0 };
    Object.assign(window, { opening: figures });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) figures.longest = Math.max(figures.longest, duration);
    }).observe({ type: 'longtask', buffered: true });
    const look = () => {
      if (document.querySelector('[data-state=loaded]') !== null) figures.content = performance.now();
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await page.goto(`${relay.origin}/${view}`);
  const read = () => page.evaluate(() => (window as unknown as { opening: { longest: number; content: number } }).opening);
  await page.waitForFunction(() => (window as unknown as { opening: { content: number } }).opening.content > 0, undefined, {
    timeout: patienceMs,
  });
  await page.waitForFunction(() => document.querySelector('[data-past=loaded]') !== null, undefined, { timeout: patienceMs });
  const past = await page.evaluate(() => performance.now());
  const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0);
  const { longest, content } = await read();
  await context.close();
  return { paint, content, past, longest };
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Returns the time until the first text of a page without style and script, in milliseconds. */
async function paintEmpty(relay: RelayServer): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto(`${relay.origin}/livez`);
  const paint = () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0;
  await page.waitForFunction(paint, undefined, { timeout: patienceMs });
  const found = await page.evaluate(paint);
  await context.close();
  return found;
}

test('opening', async () => {
  const relays = { few: await fill(few), many: await fill(many) };
  for (const view of ['', '#/board', '#/feed', '#/executions']) {
    const found: Record<'few' | 'many', Opening[]> = { few: [], many: [] };
    const empty: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      empty.push(await paintEmpty(relays.few));
      for (const name of ['few', 'many'] as const) {
        const opening = await open(relays[name], view);
        if (round > 0) found[name].push(opening); // The first one fills caches.
      }
    }
    const of = (name: 'few' | 'many', key: keyof Opening) => median(found[name].map((one) => one[key]));
    const line = (name: 'few' | 'many') =>
      `${name}: first paint ${Math.round(of(name, 'paint'))} ms, first content ${Math.round(of(name, 'content'))} ms, past events ${Math.round(of(name, 'past'))} ms, longest task ${Math.round(of(name, 'longest'))} ms`;
    console.log(
      [
        `/${view}`,
        line('few'),
        line('many'),
        `first content: ${(of('many', 'content') / of('few', 'content')).toFixed(2)} times that of few tasks`,
        `first paint: ${(of('many', 'paint') / median(empty.slice(1))).toFixed(2)} times that of an empty page (${Math.round(median(empty.slice(1)))} ms)`,
      ].join('\n  '),
    );
  }
});
