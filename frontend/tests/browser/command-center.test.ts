import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from './programs';
import { type Command, RelayServer } from './servers';
import { hasStatus, testBed } from './test-bed';

const { redis, relay, consoleErrors, newPage, openLive } = testBed({
  settings: { CECELIA_COMMAND_NAMES: 'pause_session,resume_session,user_input' },
});

const openBoard = () => openLive('#/board');

/** Violations of the Content-Security-Policy and other errors. The browser also reports failed WebSocket connections, which some tests expect. */
const faults = () => consoleErrors.filter((text) => !text.includes('WebSocket connection'));

const cardIn = (page: Page, column: string, title: string) =>
  page.locator(`section[data-status="${column}"]`).getByText(title, { exact: true }).first();

const task = (name: string, taskId: string, status: string, more: object = {}) => ({
  event: `task:${name}`,
  data: { taskId, status, title: `The ${taskId}`, ...more },
});

describe('the test plan of Cecelia', () => {
  test('a single client sees a task being created, running and completed', async () => {
    const page = await openBoard();
    await redis.publish(task('created', 'single', 'queued'));
    await cardIn(page, 'queued', 'The single').waitFor();
    await redis.publish(task('started', 'single', 'running'), task('progress', 'single', 'running', { progress: 42 }));
    await cardIn(page, 'running', 'The single').waitFor();
    await page.locator('section[data-status=running]').getByText('42%').waitFor();
    await redis.publish(task('completed', 'single', 'completed', { progress: 100 }));
    await cardIn(page, 'completed', 'The single').waitFor();
    expect(faults()).toEqual([]);
  });

  test('two browsers show the same state', async () => {
    const pages = [await openBoard(), await openBoard()];
    await redis.publish(task('created', 'both', 'queued'), task('started', 'both', 'running'));
    for (const page of pages) await cardIn(page, 'running', 'The both').waitFor();
    await redis.publish(task('failed', 'both', 'failed', { error: 'It broke' }));
    for (const page of pages) {
      await cardIn(page, 'failed', 'The both').waitFor();
      await cardIn(page, 'failed', 'It broke').waitFor();
    }
  });

  test('five concurrent tasks arrive with every change of each', async () => {
    const page = await openBoard();
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
    expect(faults()).toEqual([]);
  });

  test('a page reconnects after a restart of the relay', async () => {
    const page = await openBoard();
    await redis.publish(task('started', 'restart', 'running'));
    await cardIn(page, 'running', 'The restart').waitFor();
    await relay.stop();
    await hasStatus(page, 'reconnecting');
    await relay.start();
    await hasStatus(page, 'live');
    await redis.publish(task('completed', 'restart', 'completed'));
    await cardIn(page, 'completed', 'The restart').waitFor();
  });

  test('a page recovers the events missed during a network outage', async () => {
    const page = await openBoard();
    await redis.publish(task('started', 'cut', 'running'));
    await cardIn(page, 'running', 'The cut').waitFor();
    await page.context().setOffline(true);
    await hasStatus(page, 'reconnecting');
    await redis.publish(task('completed', 'cut', 'completed'), task('created', 'cut-2', 'queued'), task('failed', 'cut-3', 'failed'));
    await page.context().setOffline(false);
    await hasStatus(page, 'live');
    await cardIn(page, 'completed', 'The cut').waitFor();
    await cardIn(page, 'queued', 'The cut-2').waitFor();
    await cardIn(page, 'failed', 'The cut-3').waitFor();
  });

  test('the slots follow the executor status', async () => {
    const page = await openLive('');
    await redis.publish({ event: 'executor:status', data: { activeCount: 3, availableSlots: 5 }, source: 'brain' });
    await page.getByText('slots used').first().waitFor();
    await page.getByText('5 free', { exact: false }).first().waitFor();
  });
});

test('degraded with the age of the data while Redis is unavailable, then live again', async () => {
  const page = await openBoard();
  await redis.stop();
  await hasStatus(page, 'degraded');
  await page.locator('header [data-status=degraded]').first().click();
  await page.getByText('The relay may be missing events', { exact: false }).first().waitFor();
  await page.getByText('Data as of', { exact: false }).first().waitFor();
  await redis.start();
  await hasStatus(page, 'live');
  await page.getByText('gap', { exact: false }).first().waitFor();
});

test('an execution shows nodes, streamed output and token usage, and accepts commands', async () => {
  const commands: Command[] = [];
  const endBrain = await redis.onCommand((command) => commands.push(command));
  const page = await openLive('#/executions/e1');
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
  expect(faults()).toEqual([]);
});

test('a command without receivers reports a failure', async () => {
  const page = await openLive('#/executions/e9');
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
  const page = await openLive('#/executions/e7');
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
  const page = await openLive('#/board?project=strip');
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
  const page = await openLive('#/refused');
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
  const other = await openBoard();
  const page = await openLive('#/connections?project=none');
  const rows = page.getByRole('listitem').filter({ hasText: 'cecelia.v1' });
  await rows.nth(1).waitFor();
  const before = await rows.count();
  const close = rows.first().getByRole('button', { name: /the connection of/ });
  await close.click();
  await close.click();
  await page.getByRole('status').getByText('The connection was closed.').waitFor();
  // Whichever of the two pages it was: it connects again.
  await hasStatus(other, 'live');
  await hasStatus(page, 'live');
  await rows.nth(before - 1).waitFor();
  expect(faults()).toEqual([]);
});

test('views that query the relay work while the browser reports offline', async () => {
  await redis.client.publish('cecelia:events', '{"event": offline');
  const page = await openLive('#/board');
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
  const page = await openLive('#/feed');
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

test('on a phone, the search of the feed has a line of its own', async () => {
  await redis.publish({ event: 'log', data: { level: 'info', message: 'a line' } });
  const page = await openLive('#/feed', { viewport: { width: 360, height: 740 } });
  await page.getByRole('button', { name: 'Export', exact: true }).waitFor();
  const search = await page.locator('[data-search]').boundingBox();
  expect(search?.width).toBeGreaterThan(250);
});

test('the relay serves only files of the app, with a strict policy', async () => {
  const answer = await fetch(relay.origin);
  expect(answer.headers.get('content-security-policy')).toContain("script-src 'self'");
  expect(answer.headers.get('cache-control')).toContain('no-cache');
  const script = /src="([^"]+\.js)"/.exec(await answer.text())?.[1] ?? '';
  const asset = await fetch(new URL(script, relay.origin));
  expect(asset.headers.get('cache-control')).toContain('immutable');
});

test.each([360, 719, 768, 919, 920, 1024, 1180])('the header of a window of %i px has room for its tools', async (width) => {
  const page = await openLive('', { viewport: { width, height: 800 } });
  const header = page.locator('header').first();
  const project = await header.getByRole('combobox').boundingBox();
  expect(project?.width).toBeGreaterThan(64);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
});

test('the frame of the page is painted before its files are loaded', async () => {
  const page = await newPage({ serviceWorkers: 'block' });
  const release: Record<string, () => void> = {};
  for (const type of ['css', 'js']) {
    const released = new Promise<void>((resolve) => (release[type] = resolve));
    await page.route(`**/*.${type}`, (route) => released.then(() => route.continue()));
  }
  await page.goto(relay.origin, { waitUntil: 'commit' });
  await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint').length > 0);
  await page.getByRole('img', { name: 'Cecelia' }).waitFor();
  const frame = page.locator('.start svg svg');
  const before = await frame.boundingBox();

  release.css?.();
  await expect.poll(() => page.evaluate(() => getComputedStyle(document.body).marginTop)).toBe('0px');
  expect(await frame.boundingBox()).toEqual(before);
  release.js?.();
  await hasStatus(page, 'live');
});

test('a page whose script cannot be loaded says so after a while', async () => {
  const page = await newPage({ serviceWorkers: 'block' });
  await page.route('**/*.js', (route) => route.abort());
  await page.goto(relay.origin);
  const sentence = page.getByText('Loading takes longer than usual.');
  const visibility = () => sentence.evaluate((text) => getComputedStyle(text).visibility);
  expect(await visibility()).toBe('hidden');
  // Instead of 15 seconds.
  await page.locator('#slow').evaluate((svg) => {
    if (svg instanceof SVGSVGElement) svg.setCurrentTime(16);
  });
  await expect.poll(visibility).toBe('visible');
});

describe('a relay below a path prefix that the proxy does not strip', () => {
  const below = new RelayServer(redis, { CECELIA_PATH_BASE: '/status/relay', CECELIA_SILENT_AFTER_SECONDS: '1' });
  const openBelow = () => openLive('status/relay/#/board', { at: below });

  beforeAll(() => below.start());

  afterAll(() => below.stop());

  test('serves everything below it', async () => {
    const page = await openBelow();
    await redis.publish(task('started', 'below', 'running'));
    await cardIn(page, 'running', 'The below').waitFor();
    expect(await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname))).toSatisfy(
      (paths: string[]) => paths.length > 0 && paths.every((path) => path.startsWith('/status/relay/')),
    );
    expect(faults()).toEqual([]);
  });

  test('marks running work without events as silent', async () => {
    const page = await openBelow();
    await redis.publish(task('started', 'quiet', 'running'));
    const mark = page.locator('[data-task=quiet]').getByText(/^silent since \d\d:\d\d$/);
    await mark.waitFor();
    await redis.publish(task('completed', 'quiet', 'completed'));
    await mark.waitFor({ state: 'detached' });
  });
});
