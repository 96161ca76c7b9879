import type { Browser, Page } from 'playwright-core';
import { beforeAll, test } from 'vitest';
import { openChromium } from '../browser/chromium';
import { endAfterAll } from '../browser/end-after-all';
import { patienceMs } from '../../test-limits';
import { RedisServer, RelayServer } from '../browser/servers';
import { Watch } from './figures';
import { Load } from './load';

const tasks = Number(process.env.TASKS ?? 2000);
const rate = Number(process.env.RATE ?? 2000);
const tokenRate = Number(process.env.TOKEN_RATE ?? 200);
const seconds = Number(process.env.DURATION_SECONDS ?? 60);

let redis: RedisServer;
let relay: RelayServer;
let browser: Browser;

const end = endAfterAll();

beforeAll(async () => {
  redis = end(await RedisServer.start(), (server) => server.stop());
  relay = end(await RelayServer.start(redis), (server) => server.stop());
  browser = end(await openChromium(), (chromium) => chromium.close());
});

async function open(view: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(`${relay.origin}/${view}`);
  await page.locator('header [data-status="live"]').first().waitFor({ timeout: patienceMs });
  return page;
}

/** Opens a page without content or connection, for comparison: what the machine can draw under the same load. */
async function openEmpty(): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto('about:blank');
  return page;
}

test.each(['empty', '', '#/board', '#/feed'])('under load: /%s', async (view) => {
  const load = new Load(redis, tasks);
  await load.create();
  const page = view === 'empty' ? await openEmpty() : await open(view);
  await load.run(rate, 5); // Compiled, and every list as long as it will be.
  const watch = await Watch.start(page);
  const reached = [];
  for (let third = 0; third < 3; third++) {
    reached.push(await load.run(rate, seconds / 3));
    await watch.readHeap();
  }
  const figures = await watch.lines(seconds);

  // In the end, the screen shows exactly what was published in Redis.
  const counts = load.counts();
  if (view === '' || view === '#/board') {
    for (const [status, count] of Object.entries(counts)) {
      await page.waitForFunction(
        ([name, wanted]) => {
          const shown = document.querySelector(`[data-count=${name}], section[data-status=${name}] h2 > :last-child`);
          return (shown?.getAttribute('title') ?? shown?.textContent ?? '').replaceAll(/[^0-9]/g, '') === wanted;
        },
        [status, String(count)] as const,
        { timeout: patienceMs },
      );
    }
  }
  console.log(
    [
      `/${view}: ${tasks} tasks, ${Math.round(Math.min(...reached))} events/s for ${seconds} s`,
      ...figures,
      `at the end, shown as published: ${JSON.stringify(counts)}`,
    ].join('\n  '),
  );
  await page.close();
});

test('a run that streams', async () => {
  const page = await open('#/executions/e1');
  const of = (event: string, node_id: string, data: object) => ({ event, execution_id: 'e1', node_id, data });
  await redis.publish(of('node_state_change', 'draft', { status: 'running' }));
  let written = 0;
  const stream = async (duration: number) => {
    const start = performance.now();
    for (const end = written + tokenRate * duration; written < end;) {
      await redis.publish(of('token_stream', 'draft', { token: written % 12 === 11 ? `word${++written}.\n` : `word${++written} ` }));
      const early = start + ((written - (end - tokenRate * duration)) * 1000) / tokenRate - performance.now();
      if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    }
    return (tokenRate * duration) / ((performance.now() - start) / 1000);
  };
  await stream(2);
  const watch = await Watch.start(page);
  const reached = [];
  for (let third = 0; third < 3; third++) {
    reached.push(await stream(seconds / 3));
    await watch.readHeap();
  }
  const figures = await watch.lines(seconds);
  await page.getByText(new RegExp(`word${written}\\b`)).waitFor({ timeout: patienceMs });
  console.log(
    [`/#/executions/e1: ${Math.round(Math.min(...reached))} tokens/s for ${seconds} s, shown to the last`, ...figures].join('\n  '),
  );
  await page.close();
});
