import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { until } from './programs';
import { hasStatus, testBed } from './test-bed';

const { redis, relay, openLive } = testBed();

const texts = (page: Page, label: string) => page.getByRole('list', { name: label }).getByRole('listitem').allInnerTexts();

test('ids above 2^53 are distinct executions, and a number with a fraction is not an id', async () => {
  const page = await openLive('#/executions');
  await redis.publishText(
    '{"type":"status","execution_id":9007199254740993,"status":"running"}',
    '{"type":"status","execution_id":9007199254740992,"status":"completed"}',
    '{"event":"node_state_change","data":{"execution_id":7.0,"node_id":"n","status":"running"}}',
  );
  await page.getByText('9007199254740993').waitFor();
  await page.getByText('9007199254740992').waitFor();
  expect((await page.getByRole('row').filter({ hasText: '9007199254740993' }).innerText()).toLowerCase()).toContain('running');
  expect((await page.getByRole('row').filter({ hasText: '9007199254740992' }).innerText()).toLowerCase()).toContain('completed');
  expect(await page.locator('a[href="#/executions/7"]').count()).toBe(0);
});

test('an execution has the same nodes in the same order whenever the page was opened', async () => {
  const of = (event: string, node_id: string | undefined, data: object, second: number) => ({
    event,
    data,
    execution_id: 'graph',
    ...(node_id && { node_id }),
    timestamp: `2026-02-06T08:30:0${second}Z`,
  });
  const early = await openLive('#/executions/graph');
  await redis.publish(
    of('node_state_change', 'z-plan', { status: 'running' }, 1),
    of('node_state_change', 'z-plan', { status: 'completed' }, 3),
    of('node:parallel_start', undefined, { node_ids: ['y-facts', 'a-style'] }, 4),
    of('node_state_change', 'a-style', { status: 'completed' }, 6),
    of('node_state_change', 'y-facts', { status: 'completed' }, 5),
    of('node_state_change', 'b-answer', { status: 'completed' }, 7),
    of('node_state_change', 'z-plan', { status: 'completed', note: 'heard of last' }, 9),
  );
  await early.getByText('4 nodes').waitFor();
  const late = await openLive('#/executions/graph');
  await late.getByText('4 nodes').waitFor();

  const nodes = await texts(early, 'Nodes');
  expect(nodes.map((text) => text.split('\n')[0])).toEqual(['z-plan', 'a-style', 'y-facts', 'b-answer']);
  expect(nodes.join()).toContain('2.0 s');
  expect(await texts(late, 'Nodes')).toEqual(nodes);
});

test('tasks last updated before a gap are uncertain, counted separately and last, until updated again', async () => {
  const running = (taskId: string, seq: number) => ({
    event: 'task:progress',
    data: { taskId, status: 'running', title: `The ${taskId}` },
    source: 'brain-1',
    seq,
  });
  const first = await openLive('#/board');
  await redis.publish(running('old', 1), running('new', 5));
  for (const page of [first, await openLive('#/board')]) {
    const column = page.locator('section[data-status=running]');
    await column.getByText('+ 1 uncertain').waitFor();
    expect((await column.getByRole('listitem').allInnerTexts()).map((text) => /The (\w+)/.exec(text)?.[1])).toEqual(['new', 'old']);
    await column.getByText('Uncertain, last updated', { exact: false }).waitFor();
  }

  await redis.publish(running('old', 6));
  await first.locator('section[data-status=running]').getByText('+ 1 uncertain').waitFor({ state: 'detached' });
});

test('a reconnect without recovery stays visible as a gap', async () => {
  const page = await openLive('#/feed');
  await redis.publish({ event: 'log', data: { level: 'info', message: 'before the cut' } });
  await page.getByText('before the cut', { exact: false }).first().waitFor();

  // No history is kept, so that the next relay cannot resume.
  await relay.stop('SIGKILL');
  await hasStatus(page, 'reconnecting');
  await redis.stop();
  await redis.start();
  await relay.start();
  await hasStatus(page, 'live');

  const badge = page.locator('header [data-status=live]');
  const words = 'the relay could not resume from the position of this page';
  await page.getByRole('list', { name: 'Events, newest first' }).getByText(words, { exact: false }).first().waitFor();
  await until(
    async () => /\d gaps?/.test(await badge.innerText()),
    () => 'the gap in the badge',
  );
  await badge.click();
  await page.getByRole('region', { name: 'Connection' }).getByText(words, { exact: false }).waitFor();
  expect(await page.getByText('No gaps since this page was opened').count()).toBe(0);
  await page.goto(`${relay.origin}/#/`);
  await page
    .getByRole('region', { name: /^(?:Health|Connection)$/ })
    .getByText(words, { exact: false })
    .first()
    .waitFor();
});
