import { type Browser, type CDPSession, type Page } from 'playwright-core';
import { afterAll, beforeAll, test } from 'vitest';
import { openChromium } from '../browser/chromium';
import { patienceMs } from '../browser/programs';
import { RedisServer, RelayServer } from '../browser/servers';
import { Load } from './load';

const tasks = Number(process.env.TASKS ?? 2000);
const rate = Number(process.env.RATE ?? 2000);
const seconds = Number(process.env.DURATION_SECONDS ?? 60);

let redis: RedisServer;
let relay: RelayServer;
let browser: Browser;

beforeAll(async () => {
  redis = await RedisServer.start();
  relay = await RelayServer.start(redis);
  browser = await openChromium();
});

afterAll(async () => {
  await browser.close();
  await relay.stop();
  await redis.stop();
});

/** What the page measures of itself. */
interface Figures {
  longTasks: number[];
  frames: number[];
}

declare global {
  interface Window {
    figures: Figures;
  }
}

async function heapBytes(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage');
  return (await session.send('Runtime.getHeapUsage')).usedSize;
}

async function watch(page: Page): Promise<void> {
  await page.evaluate(() => {
    const figures: Figures = { longTasks: [], frames: [] };
    window.figures = figures;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) figures.longTasks.push(duration);
    }).observe({ type: 'longtask' });
    let last = performance.now();
    const frame = (now: number) => {
      figures.frames.push(now - last);
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

const part = (sorted: readonly number[], share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

test.each(['', '#/board', '#/feed'])('under load: /%s', async (view) => {
  const load = new Load(redis, tasks);
  await load.create();
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(`${relay.origin}/${view}`);
  await page.getByText('live', { exact: false }).first().waitFor({ timeout: patienceMs });
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.enable');
  await load.run(rate, 5); // Compiled, and every list as long as it will be.
  await watch(page);
  const heap = [await heapBytes(session)];
  await page.evaluate(() => void window.figures.longTasks.splice(0)); // Collecting garbage for the figure is not the page's work.
  const reached = [];
  for (let third = 0; third < 3; third++) {
    load.published = 0;
    reached.push(await load.run(rate, seconds / 3));
    const { longTasks } = await page.evaluate(() => window.figures);
    heap.push(await heapBytes(session));
    await page.evaluate((kept) => void (window.figures.longTasks = kept), longTasks);
  }
  const { longTasks, frames } = await page.evaluate(() => window.figures);
  frames.sort((a, b) => a - b);
  longTasks.sort((a, b) => a - b);

  // Whatever the screen shows is what Redis was told, in the end.
  const counts = load.counts();
  if (view !== '#/feed') {
    for (const [status, count] of Object.entries(counts)) {
      await page.waitForFunction(
        ([name, wanted]) => document.querySelector(`section[data-status=${name}] h3`)?.textContent.replaceAll(/[^0-9]/g, '') === wanted,
        [status, String(count)] as const,
        { timeout: patienceMs },
      );
    }
  }
  console.log(
    [
      `/${view}: ${tasks} tasks, ${Math.round(Math.min(...reached))} events/s for ${seconds} s`,
      `long tasks (over 50 ms): ${longTasks.length}, longest ${Math.round(longTasks.at(-1) ?? 0)} ms; none over 200 ms is wanted`,
      `frames: ${frames.length} (${(frames.length / seconds).toFixed(0)}/s), p50 ${part(frames, 0.5).toFixed(1)} ms, p99 ${part(frames, 0.99).toFixed(1)} ms, longest ${Math.round(frames.at(-1) ?? 0)} ms`,
      `heap after collection: ${heap.map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(' → ')} MiB`,
      `board: ${JSON.stringify(counts)}`,
    ].join('\n  '),
  );
  await page.close();
});
