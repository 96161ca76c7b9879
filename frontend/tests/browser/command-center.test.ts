import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { closeContext, openChromium, openPage } from './chromium';
import { endAfterAll } from './end-after-all';
import { patienceMs } from '../../test-limits';
import { until } from './programs';
import { type Command, RedisServer, RelayServer } from './servers';

let redis: RedisServer;
let relay: RelayServer;
let browser: Browser;
const contexts: BrowserContext[] = [];
let pageErrors: string[];

const end = endAfterAll();

beforeAll(async () => {
  redis = end(await RedisServer.start(), (server) => server.stop());
  relay = end(await RelayServer.start(redis, { CECELIA_COMMAND_NAMES: 'pause_session,resume_session,user_input' }), (server) =>
    server.stop(),
  );
  browser = end(await openChromium(), (chromium) => chromium.close());
});

beforeEach(() => {
  pageErrors = [];
});

afterEach(async () => {
  for (const context of contexts.splice(0)) await closeContext(context);
});

/** Opens a view of the Command Center in a new browser context and waits until it is live. */
async function open(view = '#/board', options: Parameters<Browser['newContext']>[0] = {}, at = relay.origin): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  contexts.push(context);
  context.setDefaultTimeout(patienceMs);
  const page = await openPage(context);
  // Collects exceptions and violations of the Content-Security-Policy. The browser also logs failed WebSocket connections, which some tests expect.
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('WebSocket connection')) pageErrors.push(message.text());
  });
  page.on('pageerror', (error) => pageErrors.push(String(error)));
  await page.goto(`${at}/${view}`);
  await badge(page, 'live');
  return page;
}

const badge = (page: Page, status: string) => page.locator(`header [data-status="${status}"]`).first().waitFor();

const cardIn = (page: Page, column: string, title: string) =>
  page.locator(`section[data-status="${column}"]`).getByText(title, { exact: true }).first();

const task = (name: string, taskId: string, status: string, more: object = {}) => ({
  event: `task:${name}`,
  data: { taskId, status, title: `The ${taskId}`, ...more },
});

describe('the test plan of Cecelia', () => {
  test('a single client sees a task being created, running and completed', async () => {
    const page = await open();
    await redis.publish(task('created', 'single', 'queued'));
    await cardIn(page, 'queued', 'The single').waitFor();
    await redis.publish(task('started', 'single', 'running'), task('progress', 'single', 'running', { progress: 42 }));
    await cardIn(page, 'running', 'The single').waitFor();
    await page.locator('section[data-status=running]').getByText('42%').waitFor();
    await redis.publish(task('completed', 'single', 'completed', { progress: 100 }));
    await cardIn(page, 'completed', 'The single').waitFor();
    expect(pageErrors).toEqual([]);
  });

  test('two browsers show the same state', async () => {
    const pages = [await open(), await open()];
    await redis.publish(task('created', 'both', 'queued'), task('started', 'both', 'running'));
    for (const page of pages) await cardIn(page, 'running', 'The both').waitFor();
    await redis.publish(task('failed', 'both', 'failed', { error: 'It broke' }));
    for (const page of pages) {
      await cardIn(page, 'failed', 'The both').waitFor();
      await cardIn(page, 'failed', 'It broke').waitFor();
    }
  });

  test('five concurrent tasks arrive with every change of each', async () => {
    const page = await open();
    const names = ['one', 'two', 'three', 'four', 'five'].map((name) => `many-${name}`);
    await redis.publish(...names.map((name) => task('created', name, 'queued')));
    await redis.publish(...names.map((name) => task('started', name, 'running')));
    await redis.publish(...names.map((name) => task('completed', name, 'completed')));
    for (const name of names) {
      await cardIn(page, 'completed', `The ${name}`).click();
      const drawer = page.getByRole('dialog');
      await drawer.getByText(`The ${name}`).first().waitFor();
      for (const event of ['task:created', 'task:started', 'task:completed']) await drawer.getByText(event).first().waitFor();
      await page.keyboard.press('Escape');
      await drawer.waitFor({ state: 'detached' });
    }
    expect(pageErrors).toEqual([]);
  });

  test('a page reconnects after a restart of the relay', async () => {
    const page = await open();
    await redis.publish(task('started', 'restart', 'running'));
    await cardIn(page, 'running', 'The restart').waitFor();
    await relay.stop();
    await badge(page, 'reconnecting');
    await relay.start();
    await badge(page, 'live');
    await redis.publish(task('completed', 'restart', 'completed'));
    await cardIn(page, 'completed', 'The restart').waitFor();
  });

  test('a page recovers the events missed during a network outage', async () => {
    const page = await open();
    await redis.publish(task('started', 'cut', 'running'));
    await cardIn(page, 'running', 'The cut').waitFor();
    await page.context().setOffline(true);
    await badge(page, 'reconnecting');
    await redis.publish(task('completed', 'cut', 'completed'), task('created', 'cut-2', 'queued'), task('failed', 'cut-3', 'failed'));
    await page.context().setOffline(false);
    await badge(page, 'live');
    await cardIn(page, 'completed', 'The cut').waitFor();
    await cardIn(page, 'queued', 'The cut-2').waitFor();
    await cardIn(page, 'failed', 'The cut-3').waitFor();
  });

  test('the slots follow the executor status', async () => {
    const page = await open('');
    await redis.publish({ event: 'executor:status', data: { activeCount: 3, availableSlots: 5 }, source: 'brain' });
    await page.getByText('slots used').first().waitFor();
    await page.getByText('5 free', { exact: false }).first().waitFor();
  });
});

test('degraded with the age of the data while Redis is unavailable, then live again', async () => {
  const page = await open();
  await redis.stop();
  await badge(page, 'degraded');
  await page.locator('header [data-status=degraded]').first().click();
  await page.getByText('The relay may be missing events', { exact: false }).first().waitFor();
  await page.getByText('Data as of', { exact: false }).first().waitFor();
  await redis.start();
  await badge(page, 'live');
  await page.getByText('gap', { exact: false }).first().waitFor();
});

test('an execution shows nodes, streamed output and token usage, and accepts commands', async () => {
  const commands: Command[] = [];
  const endBrain = await redis.onCommand((command) => commands.push(command));
  const page = await open('#/executions/e1');
  const of = (event: string, node_id: string | undefined, data: object) => ({
    event,
    data,
    execution_id: 'e1',
    ...(node_id && { node_id }),
  });
  await redis.publish(
    of('execution:started', undefined, { status: 'running' }),
    of('node_state_change', 'plan', { status: 'completed' }),
    of('node_state_change', 'write', { status: 'running' }),
    ...Array.from({ length: 200 }, (_, index) => of('token_stream', 'write', { token: `word${index} ` })),
    of('token_usage', 'write', { prompt_tokens: 1200, completion_tokens: 345, total_tokens: 1545 }),
  );
  await page.getByText('word199', { exact: false }).first().waitFor();
  await page.getByText('plan').first().waitFor();
  await page
    .getByText(/1[,. ]?545/)
    .first()
    .waitFor();

  await page.getByRole('button', { name: 'Pause' }).click();
  await until(
    () => commands.length > 0,
    () => 'a command at Brain',
  );
  expect(commands[0]).toMatchObject({ cmd: 'pause_session', data: { execution_id: 'e1' } });
  await page.getByRole('status').filter({ hasText: 'Received by 1 Brain.' }).waitFor();
  await endBrain();
  expect(pageErrors).toEqual([]);
});

test('a command without receivers reports a failure', async () => {
  const page = await open('#/executions/e9');
  await redis.publish({ event: 'execution:started', data: { status: 'running' }, execution_id: 'e9' });
  await page.getByRole('button', { name: 'Pause' }).click();
  await page
    .getByRole('status')
    .filter({ hasText: /No Brain/i })
    .waitFor();
});

test('an execution accepts commands once it is known, and the reply of Brain decides the outcome', async () => {
  const endBrain = await redis.onCommand(({ id, cmd }) => {
    const reply =
      cmd === 'pause_session'
        ? { event: 'error', data: { message: 'there is no execution e7' } }
        : { event: 'execution:resumed', data: {} };
    void redis.publish({ ...reply, reply_to: id });
  });
  const page = await open('#/executions/e7');
  await page.getByText('Execution not found').waitFor();
  expect(await page.getByRole('button', { name: 'Pause' }).count()).toBe(0);
  await redis.publish({ event: 'execution:started', data: { status: 'running', message: 'step 1' }, execution_id: 'e7' });
  await page.getByRole('button', { name: 'Pause' }).click();
  const outcome = page.locator('main').getByRole('status');
  await outcome.getByText('Not paused. There is no execution e7.', { exact: true }).waitFor();
  expect(await outcome.innerText()).not.toContain('Received');
  await redis.publish({ event: 'execution:paused', data: { status: 'paused' }, execution_id: 'e7' });
  await page.getByRole('button', { name: 'Resume' }).click();
  await outcome.getByText('Resumed', { exact: true }).waitFor();

  await redis.publish({
    event: 'execution:completed',
    data: { status: 'completed', progress: 100, message: 'answering' },
    execution_id: 'e7',
  });
  await page.getByText('Last message:').waitFor();
  await page.getByRole('link', { name: 'Executions', exact: true }).first().click();
  // The page of the execution also shows e7.
  await page.getByText('Last message:').waitFor({ state: 'detached' });
  await page.getByText('e7', { exact: true }).waitFor();
  expect(await page.getByText('answering').count()).toBe(0);
  await endBrain();
});

test('working agents are first, and ended agents are shown on demand', async () => {
  const agent = (agent_id: string, status: string) => ({
    type: 'agent_spawned',
    project_id: 'strip',
    data: { agent_id, name: agent_id, status },
  });
  await redis.publish(agent('ended-1', 'done'), agent('idle-1', 'idle'), agent('ended-2', 'failed'), agent('works-1', 'working'));
  const page = await open('#/board?project=strip');
  const names = () => page.locator('section[aria-label="4 agents"] li').allInnerTexts();
  await page.getByRole('button', { name: '2 ended' }).waitFor();
  expect((await names()).map((text) => /[a-z]+-\d/.exec(text)?.[0])).toEqual(['works-1', 'idle-1', undefined]);
  await page.getByRole('button', { name: '2 ended' }).click();
  await page.getByText('ended-1', { exact: true }).waitFor();
  expect((await names()).map((text) => /[a-z]+-\d/.exec(text)?.[0])).toEqual(['works-1', 'idle-1', 'ended-2', 'ended-1', undefined]);
});

test('refused events are grouped and listed with reason and correction', async () => {
  const wrong = JSON.stringify({ event: 'log', type: 'refused' });
  for (let i = 0; i < 3; i++) await redis.client.publish('cecelia:events', wrong);
  await redis.client.publish('cecelia:events', '{"event": nonsense');
  const page = await open('#/refused');
  const entries = page.locator('main ol > li');
  await entries.filter({ hasText: 'nonsense' }).getByText('not_json').waitFor();
  const entry = entries.filter({ hasText: '"type":"refused"' });
  await entry.getByText('× 3', { exact: true }).waitFor();
  expect(await entry.count()).toBe(1);
  expect(await entry.locator('div > p').allInnerTexts()).toEqual([
    expect.stringContaining('type'),
    'Send event or type, not both.',
    expect.stringContaining('cecelia:events'),
  ]);
});

test('open connections are listed, and one is closed', async () => {
  const other = await open();
  const page = await open('#/connections?project=none');
  const rows = page.getByRole('listitem').filter({ hasText: 'cecelia.v1' });
  await rows.nth(1).waitFor();
  const before = await rows.count();
  const close = rows.first().getByRole('button', { name: /the connection of/ });
  await close.click();
  await close.click();
  await page.getByRole('status').getByText('The connection was closed.').waitFor();
  // Whichever of the two pages it was: it connects again.
  await badge(other, 'live');
  await badge(page, 'live');
  await rows.nth(before - 1).waitFor();
  expect(pageErrors).toEqual([]);
});

test('running work without events is marked as silent', async () => {
  const silent = await RelayServer.start(redis, { CECELIA_SILENT_AFTER_SECONDS: '2' });
  try {
    await redis.publish(task('started', 'quiet', 'running'));
    const page = await open('#/board', {}, silent.origin);
    await redis.publish(task('started', 'quiet', 'running'));
    const mark = page.locator('[data-task=quiet]').getByText(/^silent since \d\d:\d\d$/);
    await mark.waitFor();
    await redis.publish(task('completed', 'quiet', 'completed'));
    await mark.waitFor({ state: 'detached' });
    await page.context().close();
  } finally {
    await silent.stop();
  }
});

test('views that query the relay work while the browser reports offline', async () => {
  await redis.client.publish('cecelia:events', '{"event": offline');
  const page = await open('#/board');
  await page.evaluate(() => {
    Object.defineProperty(navigator, 'onLine', { get: () => false });
    dispatchEvent(new Event('offline'));
  });
  await page.getByRole('link', { name: 'Refused', exact: true }).click();
  await page.getByText('"event": offline', { exact: false }).first().waitFor();
  await redis.publish(task('started', 'off-line', 'running'));
  await page.getByRole('link', { name: 'Board', exact: true }).click();
  await cardIn(page, 'running', 'The off-line').click();
  await page.getByText('Source: the relay', { exact: false }).waitFor();
});

test('the feed shows events and can be paused', async () => {
  const page = await open('#/feed');
  await redis.publish({ event: 'log', data: { level: 'info', message: 'the first line' } });
  await page.getByText('the first line', { exact: false }).first().waitFor();
  await page.getByRole('button', { name: /pause/i }).first().click();
  await redis.publish({ event: 'log', data: { level: 'info', message: 'the second line' } });
  await page
    .getByText(/1 (?:new|more)/i)
    .first()
    .waitFor();
  expect(await page.getByText('the second line', { exact: false }).count()).toBe(0);
});

test('the relay serves only files of the app, with a strict policy', async () => {
  const answer = await fetch(relay.origin);
  expect(answer.headers.get('content-security-policy')).toContain("script-src 'self'");
  expect(answer.headers.get('cache-control')).toContain('no-cache');
  const script = /src="([^"]+\.js)"/.exec(await answer.text())?.[1] ?? '';
  const asset = await fetch(new URL(script, relay.origin));
  expect(asset.headers.get('cache-control')).toContain('immutable');
});

test('works under a path prefix that the proxy does not strip', async () => {
  const below = await RelayServer.start(redis, { CECELIA_PATH_BASE: '/status/relay' });
  try {
    const page = await open('#/board', {}, `${below.origin}/status/relay`);
    await redis.publish(task('started', 'below', 'running'));
    await cardIn(page, 'running', 'The below').waitFor();
    expect(await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname))).toSatisfy(
      (paths: string[]) => paths.length > 0 && paths.every((path) => path.startsWith('/status/relay/')),
    );
    expect(pageErrors).toEqual([]);
    await page.context().close();
  } finally {
    await below.stop();
  }
});
