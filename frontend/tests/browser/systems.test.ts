import type { Page } from 'playwright-core';
import type { ViteDevServer } from 'vite';
import { beforeAll, expect, test } from 'vitest';
import { endAfterAll } from './end-after-all';
import { servePages } from './page-server';
import { testBed } from './test-bed';

// The README's example of each system on a separate page, with events in the format of that system.

const { redis, relay, newPage } = testBed({
  settings: { CECELIA_COMMAND_NAMES: 'task_updated,start_session,pause_session,resume_session,user_input' },
});
const end = endAfterAll();
let pages: { server: ViteDevServer; origin: string };

beforeAll(async () => {
  pages = end(await servePages(relay.origin), ({ server }) => server.close());
});

async function open(example: string, beside?: Page): Promise<Page> {
  const page = await newPage(beside && { beside });
  await page.goto(`${pages.origin}/tests/browser/pages/example.html?example=${example}`);
  return page;
}

const shows = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();

test('Cecelia: tasks, slots and progress', async () => {
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
  const pagesOfBoth = [await open('tasktree'), await open('tasktree')] as const;
  await redis.publish(
    { type: 'task_created', project_id: 'p1', data: { id: 'b1', title: 'Sort the tree', status: 'todo' } },
    { type: 'task_created', project_id: 'p2', data: { id: 'b2', title: 'Of another project', status: 'todo' } },
  );
  for (const page of pagesOfBoth) {
    await shows(page, 'Live');
    await shows(page, /Sort the tree: /);
  }
  await pagesOfBoth[0].getByRole('button', { name: 'Done' }).click();
  for (const page of pagesOfBoth) {
    await shows(page, 'Sort the tree: completed');
    expect(await page.getByText('Of another project').count()).toBe(0);
  }
  await endBrain();
});

test.each(['execution', 'execution-component'])('Execution: an execution until completion, with %s', async (example) => {
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
  const page = await open('commands');
  await page.getByRole('button', { name: 'Ask' }).click();
  await shows(page, 'Reply answered: {"text":"Continue?"}');
  await shows(page, /Published as .+ to 1 subscribers/);
  await endBrain();
  await page.getByRole('button', { name: 'Ask' }).click();
  await shows(page, /^.*no_receiver: /s);
});

test('two tabs share one connection', async () => {
  const first = await open('shared-worker');
  const tabs = [first, await open('shared-worker', first)];
  for (const tab of tabs) await shows(tab, /live/);
  await relay.hasConnections(1);
  await redis.publish({ event: 'task:created', data: { taskId: 'shared', status: 'queued' } });
  for (const tab of tabs) await shows(tab, /\d+ tasks, live/);
});
