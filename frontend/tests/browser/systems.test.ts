import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { ViteDevServer } from 'vite';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { closeContext, openChromium, openPage } from './chromium';
import { endAfterAll } from './end-after-all';
import { servePages } from './page-server';
import { patienceMs } from '../../test-limits';
import { RedisServer, RelayServer } from './servers';

// The README's example of each system on a separate page, with events in the format of that system.

let redis: RedisServer;
let relay: RelayServer;
let browser: Browser;
let context: BrowserContext;
let pages: { server: ViteDevServer; origin: string };

const end = endAfterAll();

beforeAll(async () => {
  redis = end(await RedisServer.start(), (server) => server.stop());
  relay = end(
    await RelayServer.start(redis, { CECELIA_COMMAND_NAMES: 'task_updated,start_session,pause_session,resume_session,user_input' }),
    (server) => server.stop(),
  );
  pages = end(await servePages(relay.origin), ({ server }) => server.close());
  browser = end(await openChromium(), (chromium) => chromium.close());
});

afterEach(() => closeContext(context));

/** Creates a new browser context. */
async function newContext(): Promise<void> {
  context = await browser.newContext();
  context.setDefaultTimeout(patienceMs);
}

async function open(example: string): Promise<Page> {
  const page = await openPage(context);
  await page.goto(`${pages.origin}/tests/browser/pages/example.html?example=${example}`);
  return page;
}

const shows = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();

test('Cecelia: tasks, slots and progress', async () => {
  await newContext();
  const page = await open('cecelia');
  await redis.publish(
    { event: 'executor:status', data: { activeCount: 2, availableSlots: 3 } },
    { event: 'task:created', data: { taskId: 'a1', runId: 'r1', status: 'queued', title: 'Write the report' } },
    { event: 'task:started', data: { taskId: 'a1', runId: 'r1', status: 'running' } },
    { event: 'task:progress', data: { taskId: 'a1', runId: 'r1', status: 'running', progress: 70 } },
  );
  await shows(page, '2 running, 3 slots free');
  await shows(page, 'Write the report: running');
  await page.waitForFunction(() => document.querySelector('progress')?.value === 70);
});

test('TaskTree: a task moved on one page is moved on another page of the project', async () => {
  const endBrain = await redis.onCommand(({ type, project_id, data }) => void redis.publish({ type, project_id, data }));
  await newContext();
  const pagesOfBoth = [await open('tasktree'), await open('tasktree')];
  await redis.publish(
    { type: 'task_created', project_id: 'p1', data: { id: 'b1', title: 'Sort the tree', status: 'todo' } },
    { type: 'task_created', project_id: 'p2', data: { id: 'b2', title: 'Of another project', status: 'todo' } },
  );
  for (const page of pagesOfBoth) {
    await shows(page, 'Live');
    await shows(page, /Sort the tree: /);
  }
  await pagesOfBoth[0]?.getByRole('button', { name: 'Done' }).click();
  for (const page of pagesOfBoth) {
    await shows(page, 'Sort the tree: completed');
    expect(await page.getByText('Of another project').count()).toBe(0);
  }
  await endBrain();
});

test.each(['execution', 'execution-component'])('Execution: an execution until completion, with %s', async (example) => {
  await newContext();
  const page = await open(example);
  await redis.publish({ type: 'status', execution_id: 'e1', status: 'running', progress: 50, message: 'step 2' });
  await shows(page, 'Status: running');
  await shows(page, 'Progress: 50%');
  await shows(page, 'step 2');
  await redis.publish({ type: 'status', execution_id: 'e1', status: 'completed', progress: 100, result: { pages: 3 } });
  await shows(page, 'Status: completed');
  await shows(page, /"pages": 3/);
});

test('Workflow: a session is started, streams and is paused', async () => {
  const received: unknown[] = [];
  const endBrain = await redis.onCommand(({ cmd, data }) => {
    received.push([cmd, data]);
    if (cmd === 'pause_session') void redis.publish({ event: 'execution:paused', execution_id: 's1' });
    if (cmd !== 'start_session') return;
    const words = Array.from({ length: 200 }, (_, index) => ` ${index + 1}`);
    void redis.publish(
      { event: 'node_state_change', execution_id: 's1', node_id: 'draft', data: { status: 'running' } },
      ...words.map((token) => ({ event: 'token_stream', execution_id: 's1', node_id: 'draft', data: { token } })),
    );
  });
  await newContext();
  const page = await open('workflow');
  await shows(page, 'connected');
  await page.getByRole('button', { name: 'Start' }).click();
  await shows(page, 'draft: running');
  await shows(page, Array.from({ length: 200 }, (_, index) => index + 1).join(' '));
  await page.getByRole('button', { name: 'Pause' }).click();
  await shows(page, /· paused/);
  expect(received).toEqual([
    ['start_session', { workflow: 'conversation' }],
    ['pause_session', {}],
  ]);
  await endBrain();
});

test('a command with its reply, and a command without receivers', async () => {
  const endBrain = await redis.onCommand(({ id, data }) => void redis.publish({ event: 'answered', data, reply_to: id }));
  await newContext();
  const page = await open('commands');
  await page.getByRole('button', { name: 'Ask' }).click();
  await shows(page, 'Reply answered: {"text":"Continue?"}');
  await shows(page, /Published as .+ to 1 subscribers/);
  await endBrain();
  await page.getByRole('button', { name: 'Ask' }).click();
  await shows(page, /^.*no_receiver: /s);
});

test('two tabs share one connection', async () => {
  await newContext();
  const tabs = [await open('shared-worker'), await open('shared-worker')];
  for (const tab of tabs) await shows(tab, /live/);
  await relay.hasConnections(1);
  await redis.publish({ event: 'task:created', data: { taskId: 'shared', status: 'queued' } });
  for (const tab of tabs) await shows(tab, /\d+ tasks, live/);
});
