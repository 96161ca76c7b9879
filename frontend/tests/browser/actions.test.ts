import { fileURLToPath } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { patienceMs } from '../../test-limits';
import { TokenIssuer } from '../relay/token-issuer';
import { endAfterAll } from './end-after-all';
import { freePort, Program, until } from './programs';
import { RedisServer, RelayServer } from './servers';
import { testBed } from './test-bed';

// Actions on tasks and executions of the small Brain in deploy/brain, through a relay.

const brainProgram = fileURLToPath(new URL('../../../deploy/brain/index.js', import.meta.url));
const names = 'start_session,pause_session,resume_session,cancel_session,retry_session,user_input';
const { redis, relay, open } = testBed({ settings: { CECELIA_COMMAND_NAMES: names }, pages: { reducedMotion: 'reduce' } });
const end = endAfterAll();

let brain: Brain;

interface Task {
  readonly id: string;
  readonly runId: string;
  readonly status: string;
}

/** The small Brain with more slots than a test needs. */
class Brain {
  readonly #program: Program;

  private constructor(
    readonly origin: string,
    program: Program,
  ) {
    this.#program = program;
  }

  static async start(at: RedisServer): Promise<Brain> {
    const port = await freePort();
    const program = new Program('node', [brainProgram], {
      PATH: process.env.PATH,
      CECELIA_REDIS_URL: at.url,
      BRAIN_PORT: `${port}`,
      BRAIN_SLOTS: '16',
    });
    await program.until(() => program.output.includes('/tasks,'));
    return new Brain(`http://127.0.0.1:${port}`, program);
  }

  async stop(): Promise<void> {
    await this.#program.stop('SIGTERM');
  }

  /** Creates a task that runs until it gets input or is cancelled, and waits for one of the slots. */
  async create(title: string, program = 'conversation', input: object = { ask: true }): Promise<Task> {
    const response = await fetch(`${this.origin}/tasks`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ program, title, input, project_id: 'p1' }),
    });
    return (await response.json()) as Task;
  }

  /** Waits until the task has a status. */
  async has(id: string, status: string): Promise<Task> {
    let found: Task | undefined;
    return until(
      async () => {
        found = (await (await fetch(`${this.origin}/tasks/${id}`)).json()) as Task;
        return found.status === status ? found : undefined;
      },
      () => `${id} is ${found?.status ?? ''} instead of ${status}`,
    );
  }
}

beforeAll(async () => {
  brain = end(await Brain.start(redis), (program) => program.stop());
});

/** Taps until the result appears: on a busy machine the browser may take a tap for a long press, without a click. */
const tapUntil = (target: Locator, result: Locator) =>
  until(
    async () => {
      if (await result.isVisible()) return true;
      await target.tap({ timeout: 1000 }).catch(() => undefined);
      return result.waitFor({ timeout: 1000 }).then(
        () => true,
        () => undefined,
      );
    },
    () => `${String(target)} does not open ${String(result)}`,
  );

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true });
const verdict = (page: Page, text: string) => page.locator('[data-verdict]').getByText(text, { exact: true }).waitFor();

test('an execution is paused, resumed, cancelled and retried, with one verdict each', async () => {
  const task = await brain.create('Write the report');
  const page = await open(`#/executions/${task.runId}`);
  await button(page, 'Pause').click();
  await verdict(page, 'Paused');
  await button(page, 'Resume').click();
  await verdict(page, 'Resumed');
  await button(page, 'Cancel').click();
  await button(page, 'No, keep').click();
  await brain.has(task.id, 'running');
  await button(page, 'Cancel').click();
  await button(page, 'Yes, cancel').click();
  await verdict(page, 'Cancelled');
  await brain.has(task.id, 'cancelled');
  expect(await page.locator('[data-verdict]').count()).toBe(1);
  expect(await page.getByText('Received by', { exact: false }).count()).toBe(0);
  await button(page, 'Retry').click();
  await verdict(page, 'Queued again');
  await page.getByRole('link', { name: 'Open the new execution' }).click();
  const again = await brain.has(task.id, 'running');
  expect(again.runId).toBe(`${task.runId}-2`);
  await page.getByLabel('Send input to the execution').fill('Continue');
  await page.keyboard.press('Enter');
  await verdict(page, 'Input delivered');
  await brain.has(task.id, 'completed');
  await button(page, 'Pause').waitFor({ state: 'detached' });
});

test('a task is paused from its details, and cancelled from the menu of its card', async () => {
  const task = await brain.create('Sort the mail');
  const page = await open(`#/board?task=${task.id}`);
  const drawer = page.getByRole('dialog', { name: `Task ${task.id}` });
  await drawer.getByRole('button', { name: 'Pause', exact: true }).click();
  await verdict(page, 'Paused');
  const card = (column: string) => page.locator(`section[data-status=${column}]`).locator(`[data-task="${task.id}"]`);
  await card('paused').waitFor();
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'detached' });
  await card('paused').hover();
  await button(page, 'Actions for Sort the mail').click();
  const menu = page.getByRole('dialog', { name: 'Actions for Sort the mail' });
  await menu.getByRole('button', { name: 'Cancel' }).click();
  await menu.getByRole('button', { name: 'Yes, cancel' }).click();
  // The card has moved to another column, and the menu is still there.
  await menu.getByText('Cancelled', { exact: true }).waitFor();
  await card('cancelled').waitFor();
  await page.keyboard.press('Escape');
  await menu.waitFor({ state: 'detached' });
});

test('the menu of a row is reached on a touch screen, and by keyboard', async () => {
  const task = await brain.create('Touch me');
  await brain.has(task.id, 'running');
  const page = await open('#/board?search=Touch', { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  const opener = button(page, 'Actions for Touch me');
  const menu = page.getByRole('dialog', { name: /^Actions for / });
  for (const [row, action, text] of [
    [page.locator(`[data-task="${task.id}"]`), 'Pause', 'Paused'],
    [page.getByRole('row').getByRole('link'), 'Resume', 'Resumed'],
  ] as const) {
    await row.waitFor();
    await expect.poll(() => opener.evaluate((element) => getComputedStyle(element).opacity)).toBe('1');
    const { width = 0, height = 0 } = (await opener.boundingBox()) ?? {};
    expect(Math.min(width, height)).toBeGreaterThanOrEqual(44);
    await tapUntil(opener, menu);
    await tapUntil(menu.getByRole('button', { name: action }), menu.getByText(text, { exact: true }));
    await page.keyboard.press('Escape');
    await menu.waitFor({ state: 'detached' });
    await row.focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await menu.getByRole('button', { name: 'Cancel' }).waitFor();
    await page.keyboard.press('Escape');
    await menu.waitFor({ state: 'detached' });
    await page.goto(`${relay.origin}/#/executions?search=Touch`);
  }
});

test('a refusal of Brain is the verdict, with its reason', async () => {
  // An execution of another publisher, which this Brain does not have.
  await redis.publish({ event: 'execution:started', data: { status: 'running' }, execution_id: 'foreign' });
  const page = await open('#/executions/foreign');
  await button(page, 'Pause').click();
  await verdict(page, 'Not paused. Brain does not have this execution.');
  expect(await page.locator('[data-verdict=refused]').count()).toBe(1);
  expect(await page.getByText('Received by', { exact: false }).count()).toBe(0);
});

test('selected executions get one command each, and the verdicts are counted', async () => {
  const tasks = [await brain.create('First'), await brain.create('Second'), await brain.create('Third')];
  await redis.publish({ event: 'execution:started', data: { status: 'running' }, execution_id: 'foreign-2', project_id: 'p1' });
  const page = await open('#/executions');
  for (const name of ['First', 'Second', 'foreign-2']) await page.getByLabel(`Select ${name}`, { exact: true }).check();
  const bar = page.getByRole('region', { name: '3 selected' });
  await bar.getByRole('button', { name: 'Cancel 3' }).click();
  await bar.getByRole('button', { name: 'Yes, cancel' }).click();
  const results = page.getByRole('list', { name: 'Results' });
  await results.getByText('2 cancelled', { exact: true }).waitFor();
  await results.getByText('1 not cancelled. Brain does not have this execution.', { exact: true }).waitFor();
  for (const task of tasks.slice(0, 2)) await brain.has(task.id, 'cancelled');
  await brain.has(tasks[2]?.id ?? '', 'running');
  await page.getByRole('button', { name: 'Retry 2' }).click();
  await results.getByText('2 queued again', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Clear the selection' }).click();
  await bar.waitFor({ state: 'detached' });
});

test('cards are selected on the board, also a range', async () => {
  const tasks = [await brain.create('Card 1'), await brain.create('Card 2'), await brain.create('Card 3')];
  for (const task of tasks) await brain.has(task.id, 'running');
  const page = await open('#/board');
  await page.locator('[data-search]').fill('Card ');
  for (const name of ['Card 1', 'Card 2', 'Card 3'])
    await page.locator('section[data-status=running]').getByText(name, { exact: true }).waitFor();
  await button(page, 'Select').click();
  const boxes = page.getByRole('checkbox');
  await expect.poll(() => boxes.count(), { timeout: patienceMs }).toBe(3);
  await boxes.first().check();
  await boxes.last().click({ modifiers: ['Shift'] });
  await page.getByRole('button', { name: 'Cancel 3' }).click();
  await page.getByRole('button', { name: 'Yes, cancel' }).click();
  await page.getByText('3 cancelled', { exact: true }).waitFor();
  for (const task of tasks) await brain.has(task.id, 'cancelled');
});

test('an unknown execution has no actions', async () => {
  const page = await open('#/executions/nope');
  await page.getByText('Execution not found').waitFor();
  expect(await page.getByRole('group', { name: 'Actions' }).count()).toBe(0);
});

test('without a Brain the verdict says that no Brain received the command', async () => {
  const own = await RedisServer.start();
  const server = await RelayServer.start(own, { CECELIA_COMMAND_NAMES: names });
  try {
    const page = await open('#/executions/alone', { at: server });
    await own.publish({ event: 'execution:started', data: { status: 'running' }, execution_id: 'alone' });
    await button(page, 'Pause').click();
    await verdict(page, 'Not paused. No Brain is subscribed.');
  } finally {
    await server.stop();
    await own.stop();
  }
});

test('the role read has no actions, and the role command has those of its token', async () => {
  const issuer = new TokenIssuer();
  const own = await RedisServer.start();
  const server = await RelayServer.start(own, { ...issuer.settings, CECELIA_COMMAND_NAMES: names });
  try {
    const signedIn = async (rights: Parameters<TokenIssuer['issue']>[0]) => {
      const page = await open('#/executions/e1', { at: server });
      await page.getByLabel('Token', { exact: true }).fill(issuer.issue(rights));
      await button(page, 'Sign in').click();
      await page.getByRole('heading', { name: 'e1' }).waitFor();
      await page.getByText('Running', { exact: true }).first().waitFor();
      return page;
    };
    await own.publish({ event: 'execution:started', data: { status: 'running' }, execution_id: 'e1' });
    const reader = await signedIn({ role: 'read' });
    expect(await reader.getByRole('group', { name: 'Actions' }).count()).toBe(0);
    await reader.getByRole('link', { name: 'Executions', exact: true }).first().click();
    await reader.getByRole('table').waitFor();
    expect(await reader.getByRole('checkbox').count()).toBe(0);
    const pauser = await signedIn({ role: 'command', commands: ['pause_session'] });
    await button(pauser, 'Pause').waitFor();
    expect(await button(pauser, 'Cancel').count()).toBe(0);
  } finally {
    await server.stop();
    await own.stop();
    issuer.dispose();
  }
});
