import { buffer } from 'node:stream/consumers';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { axeFindings, overflow, setLook } from './axe';
import { until } from './programs';
import { testBed } from './test-bed';

const { redis, relay, consoleErrors, openLive } = testBed({
  settings: { CECELIA_COMMAND_NAMES: 'user_input' },
  pages: { reducedMotion: 'reduce' },
});

/** The time of the run in seconds before now. All times are in one past minute, so that the numbers are exact. */
const start = Date.now() - 100_000;
const at = (second: number) => new Date(start + second * 1000).toISOString();

/** Events of an execution. */
const eventsOf =
  (execution_id: string) =>
  (event: string, second: number, node_id?: string, data: object = {}) => ({
    event,
    execution_id,
    ...(node_id !== undefined && { node_id }),
    data,
    timestamp: at(second),
  });

/** plan (4 s), then facts (10 s) and style (3 s) in parallel, then draft (waits 2 s, runs 5 s). `style` fails at first. */
function parallelRun(execution_id: string): object[] {
  const of = eventsOf(execution_id);
  const node = (second: number, id: string, status: string, more: object = {}) => of('node_state_change', second, id, { status, ...more });
  const tokens = (id: string, from: number, count: number) =>
    Array.from({ length: count }, (_, index) => of('token_stream', from + index * 0.1, id, { token: `${id}${index} ` }));
  return [
    of('execution:started', 0, undefined, { message: 'started' }),
    node(0, 'plan', 'running', { title: 'Plan' }),
    node(4, 'plan', 'completed'),
    node(5, 'facts', 'running', { title: 'Gather the facts', depends_on: ['plan'], model: 'large' }),
    node(5, 'style', 'running', { title: 'Learn the style', depends_on: ['plan'] }),
    node(6, 'style', 'failed'),
    node(7, 'style', 'running'),
    ...tokens('facts', 8, 30),
    node(10, 'style', 'completed'),
    of('token_usage', 15, 'facts', { prompt_tokens: 1_000_000, completion_tokens: 500_000 }),
    node(15, 'facts', 'completed'),
    node(17, 'draft', 'running', { title: 'Draft', depends_on: ['facts', 'style'] }),
    node(22, 'draft', 'completed'),
  ];
}

const rowsOf = (page: Page) => page.getByRole('list', { name: 'Nodes' }).getByRole('listitem');
const row = (page: Page, title: string) => rowsOf(page).filter({ hasText: title });

test('the Gantt chart has durations, waiting times, attempts and the critical path on one axis', async () => {
  await redis.publish(
    ...parallelRun('chart'),
    { event: 'task:started', data: { taskId: 'task-chart', title: 'Write the release notes', runId: 'chart' } },
    eventsOf('chart')('execution:completed', 22, undefined, { message: 'done' }),
  );
  const page = await openLive('#/executions/chart');
  await page.getByRole('heading', { name: 'Write the release notes', level: 1 }).waitFor();
  await row(page, 'Draft').waitFor();
  expect((await rowsOf(page).allInnerTexts()).map((text) => text.split('\n')[0])).toEqual([
    'Plan',
    'Gather the facts',
    'Learn the style',
    'Draft',
  ]);
  await row(page, 'Draft').getByText('waited 2.0 s').waitFor();
  await row(page, 'Draft').getByText('5.0 s', { exact: true }).waitFor();
  await row(page, 'Learn the style').getByText('attempt 2').waitFor();
  await row(page, 'Gather the facts').getByText('first token after 3.0 s').waitFor();
  await page.getByText('critical path 19 s, by dependencies').waitFor();
  expect(
    await page
      .locator('[data-critical]')
      .allInnerTexts()
      .then((texts) => texts.map((text) => text.split('\n')[0])),
  ).toEqual(['Plan', 'Gather the facts', 'Draft']);
  // Bars that are 10 s and 5 s long, on the same axis.
  const widths = await Promise.all(
    ['Gather the facts', 'Draft'].map(async (title) => (await row(page, title).locator('i[class*=ran]').boundingBox())?.width ?? 0),
  );
  expect((widths[0] ?? 0) / (widths[1] ?? 1)).toBeCloseTo(2, 1);
  await page.getByRole('img', { name: /Tokens per second over time, peak/ }).waitFor();

  // The arrow keys select a node everywhere.
  await row(page, 'Plan').getByRole('button').focus();
  await page.keyboard.press('ArrowDown');
  await row(page, 'Gather the facts').locator('[aria-pressed=true]').waitFor();
  await page.getByRole('log', { name: 'Output of facts' }).getByText('facts29').waitFor();

  await page.getByRole('link', { name: 'Open task' }).click();
  await page.getByRole('dialog').getByRole('link', { name: 'chart' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(consoleErrors).toEqual([]);
});

test('a run has a cost only with prices, which stay in the browser', async () => {
  await redis.publish(...parallelRun('priced'));
  const page = await openLive('#/executions/priced');
  const cost = page.locator('dl > div').filter({ hasText: 'Cost' });
  await row(page, 'Draft').waitFor();
  await cost.getByText('–').waitFor();
  await cost.getByRole('button', { name: 'Prices' }).click();
  const dialog = page.getByRole('dialog', { name: 'Prices of models' });
  expect(await dialog.getByLabel('Model').inputValue()).toBe('large');
  await dialog.getByLabel('Input').fill('3');
  await dialog.getByLabel('Output').fill('dear');
  await dialog.getByRole('button', { name: 'Save prices' }).click();
  await dialog.getByRole('alert').getByText('The prices are not valid').waitFor();
  await dialog.getByLabel('Output').fill('15');
  await dialog.getByRole('button', { name: 'Save prices' }).click();
  await cost.getByText('$10.50').waitFor();
  await page.reload();
  await cost.getByText('$10.50').waitFor();

  // The table as a file, and back, with another currency and a row less.
  await cost.getByRole('button', { name: 'Prices' }).click();
  await dialog.getByRole('button', { name: 'Add model' }).click();
  await dialog.getByLabel('Model').nth(1).fill('small');
  await dialog.getByLabel('Input').nth(1).fill('0,5');
  await dialog.getByLabel('Output').nth(1).fill('1');
  const [saved] = await Promise.all([page.waitForEvent('download'), dialog.getByRole('button', { name: 'Export' }).click()]);
  const table = JSON.parse((await buffer(await saved.createReadStream())).toString()) as { currency: string; models: object };
  expect(table).toEqual({ currency: 'USD', models: { large: { input: 3, output: 15 }, small: { input: 0.5, output: 1 } } });
  const choose = (text: string) =>
    dialog.locator('[type=file]').setInputFiles({ name: 'prices.json', mimeType: 'application/json', buffer: Buffer.from(text) });
  await choose('{"models":');
  await dialog.getByRole('alert').getByText('The prices are not valid').waitFor();
  await choose(JSON.stringify({ ...table, currency: 'EUR' }));
  await dialog.locator('[role=alert]:empty').waitFor({ state: 'attached' });
  await dialog.getByRole('button', { name: 'Remove small' }).click();
  expect(await dialog.getByLabel('Currency').inputValue()).toBe('EUR');
  await dialog.getByRole('button', { name: 'Save prices' }).click();
  await cost.getByText('€10.50').waitFor();
  await cost.getByRole('button', { name: 'Prices' }).click();
  expect(await dialog.getByLabel('Model').count()).toBe(1);
  await dialog.getByRole('button', { name: 'Close' }).click();
  await dialog.waitFor({ state: 'detached' });
  expect(consoleErrors).toEqual([]);
});

test('a node that waits for input has a notice with its question, which ends with the wait', async () => {
  const of = eventsOf('waits');
  await redis.publish(
    of('execution:started', 0),
    of('node_state_change', 1, 'approve', { status: 'running', title: 'Ask for approval' }),
    of('node_state_change', 40, 'approve', { status: 'waiting_for_input', question: 'Publish it?' }),
  );
  const page = await openLive('#/executions/waits');
  const notice = page.getByRole('alert').filter({ hasText: 'Ask for approval is waiting for input' });
  await notice.getByText('Publish it?').waitFor();
  // Since it waits, not since it started.
  await notice.getByText(/for (5\d s|1 min|[2-9] min)/).waitFor();
  await notice.getByRole('button', { name: 'Answer' }).click();
  await until(
    () => page.evaluate(() => document.activeElement?.tagName === 'INPUT'),
    () => 'the focus in the field for input',
  );
  await redis.publish(of('node_state_change', 60, 'approve', { status: 'running' }));
  await notice.waitFor({ state: 'detached' });
  expect(consoleErrors).toEqual([]);
});

test('the output follows the running node only while there is one', async () => {
  const of = eventsOf('ends');
  await redis.publish(
    of('execution:started', 0),
    of('node_state_change', 1, 'write', { status: 'running', title: 'Write' }),
    of('token_stream', 2, 'write', { token: 'The end.' }),
  );
  const page = await openLive('#/executions/ends');
  await page.getByText('Following the running node').waitFor();
  await redis.publish(of('node_state_change', 3, 'write', { status: 'completed' }), of('execution:completed', 4));
  await page.getByText('Latest output').waitFor();
  expect(await page.getByText('running node').count()).toBe(0);
  await row(page, 'Write').getByRole('button').click();
  await page.getByRole('button', { name: 'Show the latest output' }).waitFor();
});

test('the log is searched, filtered, followed and downloaded, and shows ANSI colors as text', async () => {
  const of = eventsOf('logs');
  const log = (second: number, level: string, message: string, node = 'draft') => of('log', second, node, { level, message });
  await redis.publish(
    of('execution:started', 0),
    of('node_state_change', 0, 'draft', { status: 'running' }),
    of('node_state_change', 0, 'other', { status: 'running' }),
    ...Array.from({ length: 300 }, (_, index) => log(index * 0.01, 'info', `line ${index} of the draft`)),
    log(4, 'error', '\u001b[31mred\u001b[0m <img src=x onerror="window.hacked = true">'),
    log(5, 'warning', 'needle here', 'other'),
    log(6, 'debug', 'needle there'),
  );
  const page = await openLive('#/executions/logs');
  const lines = page.getByRole('log', { name: 'Execution log' });
  await lines.getByText('needle there').waitFor();
  await page.getByText('303 lines').waitFor();

  // Markup stays text, and a color is a style.
  const red = lines.getByText('red', { exact: true });
  expect(await red.evaluate((element) => element.style.color)).toBe('var(--ansi-red)');
  expect(await page.evaluate(() => ['hacked' in window, document.querySelectorAll('img[src=x]').length])).toEqual([false, 0]);

  const search = page.getByRole('searchbox', { name: 'Search log' });
  await search.fill('NEEDLE');
  const found = page.locator('form').filter({ has: search });
  await found.getByText('0/2').waitFor();
  await search.press('Enter');
  await found.getByText('1/2').waitFor();
  await page.getByRole('button', { name: 'Next match' }).click();
  await found.getByText('2/2').waitFor();
  await search.fill('line 7 of');
  await search.press('Enter');
  await lines.locator('mark').getByText('line 7 of').waitFor();

  // The search has left the end: new lines are counted.
  await redis.publish(log(7, 'info', 'a new line'));
  const follow = page.getByRole('button', { name: '1 new line' });
  await follow.click();
  await lines.getByText('a new line').waitFor();
  await follow.waitFor({ state: 'detached' });

  await search.fill('');
  await page.getByLabel('Level').selectOption('Warnings and errors');
  await page.getByText('2 of 304 lines').waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download' }).click()]);
  expect(download.suggestedFilename()).toBe('logs.log');
  expect((await buffer(await download.createReadStream())).toString()).toBe(
    `${at(4)} ERROR [draft] red <img src=x onerror="window.hacked = true">\n${at(5)} WARNING [other] needle here\n`,
  );

  // A selected node filters the log.
  await page.getByLabel('Level').selectOption('All levels');
  await row(page, 'other').getByRole('button').click();
  await page.getByText('1 of 304 lines').waitFor();
  await page.getByRole('button', { name: 'Show lines of all nodes' }).click();
  await page.getByText('304 lines', { exact: true }).waitFor();
  expect(consoleErrors).toEqual([]);
});

test('node, level and search are in the address: a link and the way back show them again, unknown ones are ignored', async () => {
  const log = (node: string, level: string) => eventsOf('linked')('log', 20, node, { level, message: `${level} of ${node}` });
  await redis.publish(...parallelRun('linked'), log('facts', 'warning'), log('facts', 'error'), log('draft', 'error'));
  const page = await openLive('#/executions/linked?node=facts&level=error&search=of');
  const selected = (title: string) => row(page, title).locator('[aria-pressed=true]');
  const found = page.locator('form').getByText('0/1');
  await selected('Gather the facts').waitFor();
  await found.waitFor();
  await page.getByText('1 of 3 lines').waitFor();
  await row(page, 'Draft').getByRole('button').click();
  await page.getByLabel('Level').selectOption('All levels');
  await page.waitForURL(/#\/executions\/linked\?search=of&node=draft$/);
  await page.getByRole('link', { name: 'Feed', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Feed' }).waitFor();
  await page.goBack();
  await selected('Draft').waitFor();
  await found.waitFor();
  await page.goForward();
  await page.getByRole('heading', { level: 1, name: 'Feed' }).waitFor();

  await page.goto(`${relay.origin}/#/executions/linked?node=other&level=loud`);
  await page.getByText('3 lines', { exact: true }).waitFor();
  expect(await page.getByLabel('Level').inputValue()).toBe('all');
  await page.getByText('Latest output').waitFor();
  expect(consoleErrors).toEqual([]);
});

test('executions are a table that sorts, filters by status and finds the title of a task', async () => {
  const run = (id: string, from: number, to: number | null, status: string) => [
    eventsOf(id)('execution:started', from),
    ...(to === null ? [] : [eventsOf(id)(`execution:${status}`, to)]),
  ];
  await redis.publish(
    ...run('sorted-a', 10, 20, 'completed'),
    ...run('sorted-b', 5, 80, 'failed'),
    ...run('sorted-c', 30, 31, 'completed'),
    { event: 'task:created', data: { taskId: 'titled', title: '写一段对话', runId: 'sorted-c' } },
  );
  const page = await openLive('#/executions');
  await page.getByRole('searchbox', { name: 'Search executions' }).fill('sorted-');
  const table = page.getByRole('table', { name: 'Executions' });
  const ids = async () => (await table.getByRole('row').allInnerTexts()).slice(1).map((text) => /sorted-./.exec(text)?.[0]);
  const shows = async (...expected: string[]) => {
    let found: unknown;
    await until(
      async () => JSON.stringify((found = await ids())) === JSON.stringify(expected),
      () => `${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`,
    );
  };
  await shows('sorted-c', 'sorted-a', 'sorted-b');
  const duration = table.getByRole('columnheader', { name: 'Duration' });
  await duration.getByRole('button').click();
  expect(await duration.getAttribute('aria-sort')).toBe('descending');
  await shows('sorted-b', 'sorted-a', 'sorted-c');
  await duration.getByRole('button').click();
  await shows('sorted-c', 'sorted-a', 'sorted-b');

  await page.getByRole('button', { name: /^Completed/ }).click();
  await shows('sorted-c', 'sorted-a');
  expect(await page.getByRole('button', { name: /^Failed/ }).innerText()).toMatch(/Failed\s*1/);

  await page.getByRole('searchbox', { name: 'Search executions' }).fill('对话');
  await shows('sorted-c');
  await table.getByRole('link', { name: '写一段对话' }).click();
  await page.getByRole('heading', { name: '写一段对话', level: 1 }).waitFor();
  expect(consoleErrors).toEqual([]);
});

test.each([
  [1440, 900],
  [360, 740],
])('the trace of a run passes axe and is not wider than the window at %d pixels', async (width, height) => {
  await redis.publish(
    ...parallelRun('axe'),
    eventsOf('axe')('node_state_change', 23, 'ask', {
      status: 'waiting_for_input',
      question: 'Continue?',
      title: 'Wait for an answer '.repeat(5),
    }),
  );
  // The title of the selected node is beside the title of a panel.
  const page = await openLive('#/executions/axe?node=ask');
  await row(page, 'Draft').waitFor();
  await row(page, 'Wait for an answer').locator('[aria-pressed=true]').waitFor();
  for (const colorScheme of ['light', 'dark'] as const) {
    await setLook(page, { width, height, colorScheme });
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    expect(await axeFindings(page), colorScheme).toEqual([]);
  }
  expect(consoleErrors).toEqual([]);
});
