import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { axeFindings, overflow } from './axe';
import { until } from './programs';
import { testBed } from './test-bed';

interface StateAnswer {
  readonly position: string;
  readonly tasks: readonly { readonly id: string; readonly status: string }[];
}

interface Recorded {
  readonly position: string;
  /** `status id`, sorted. */
  readonly tasks: readonly string[];
}

const { redis, relay, openLive, open } = testBed({ settings: { CECELIA_COMMAND_NAMES: 'pause_session' } });
/** The state after each event, the oldest first. */
const recorded: Recorded[] = [];

const task = (name: string, taskId: string, more: object = {}) => ({
  event: `task:${name}`,
  source: 'brain',
  data: { taskId, title: `The ${taskId}`, ...more },
});

const story = [
  task('created', 't1'),
  task('created', 't2'),
  task('started', 't1'),
  task('created', 't3'),
  task('started', 't2'),
  task('completed', 't1'),
  task('failed', 't2', { error: 'No disk' }),
  task('started', 't3'),
];

beforeAll(async () => {
  let last = (await relay.get<StateAnswer>('/api/v1/state')).position;
  for (const event of story) {
    await redis.publish(event);
    const state = await until(
      async () => {
        const answer = await relay.get<StateAnswer>('/api/v1/state');
        return answer.position === last ? null : answer;
      },
      () => `the state after ${event.event}`,
    );
    last = state.position;
    recorded.push({ position: last, tasks: state.tasks.map(({ id, status }) => `${status} ${id}`).sort() });
  }
});

const isPast = (page: Page) => page.locator('[data-history=past]').waitFor();

/** The tasks of the board, as `status id`. */
async function board(page: Page): Promise<string[]> {
  const found = await page
    .locator('main section[data-status]')
    .evaluateAll((columns) =>
      columns.flatMap((column) =>
        [...column.querySelectorAll('[data-task]')].map(
          (card) => `${column.getAttribute('data-status') ?? ''} ${card.getAttribute('data-task') ?? ''}`,
        ),
      ),
    );
  return found.sort();
}

async function shows(page: Page, expected: readonly string[], what: string): Promise<void> {
  let found: string[] = [];
  await until(
    async () => JSON.stringify((found = await board(page))) === JSON.stringify(expected),
    () => `${what}: ${found.join(', ')} instead of ${expected.join(', ')}`,
  );
}

const at = (page: Page) => new URLSearchParams(new URL(page.url()).hash.split('?')[1] ?? '').get('at');

test('a link to a moment shows the state that the relay had then', async () => {
  for (const index of [5, 0, 3]) {
    const { position, tasks } = recorded[index] ?? { position: '', tasks: [] };
    const page = await openLive(`#/board?at=${position}`);
    await isPast(page);
    await shows(page, tasks, `after ${index + 1} events`);
    expect(await page.title()).toMatch(/^\d\d:\d\d:\d\d · Board/);
    await page.close();
  }
});

test('arrows step by event, Home and End go to the ends, and the address follows', async () => {
  const page = await openLive('#/board');
  await page.getByRole('button', { name: 'History' }).click();
  await isPast(page);
  for (const index of [6, 5, 4]) {
    await page.keyboard.press('ArrowLeft');
    await shows(page, recorded[index]?.tasks ?? [], `back at ${index + 1} events`);
  }
  await until(
    () => at(page) === recorded[4]?.position,
    () => `the address ${page.url()}`,
  );
  await page.keyboard.press('ArrowRight');
  await shows(page, recorded[5]?.tasks ?? [], 'forward');
  await page.getByRole('slider', { name: 'Moment' }).focus();
  await page.keyboard.press('Home');
  await shows(page, [], 'the beginning');
  await page.keyboard.press('End');
  await shows(page, recorded.at(-1)?.tasks ?? [], 'the end');
});

test('the other keys work while the slider has the focus', async () => {
  const page = await open(`#/?at=${recorded[3]?.position ?? ''}`);
  await isPast(page);
  await page.getByRole('slider').focus();
  await page.keyboard.press('2');
  await page.getByRole('heading', { level: 1, name: 'Board' }).waitFor();
  await page.getByRole('slider').focus();
  await page.keyboard.press('h');
  await page.locator('[data-history=past]').waitFor({ state: 'detached' });
});

test('playing goes through the events up to the end', async () => {
  const page = await openLive(`#/board?at=begin`);
  await isPast(page);
  await shows(page, [], 'the beginning');
  await page.getByRole('combobox', { name: 'Speed' }).selectOption('60');
  await page.getByRole('button', { name: 'Play (Space)' }).click();
  await shows(page, recorded.at(-1)?.tasks ?? [], 'the end');
  await page.getByRole('button', { name: 'Play (Space)' }).waitFor();
});

test('Live returns to the present, with the events since, and what is of the present says so meanwhile', async () => {
  const page = await openLive(`#/?at=${recorded[5]?.position ?? ''}`);
  await isPast(page);
  await page.getByRole('region', { name: 'Trends' }).getByText('Shown as of now').waitFor();
  await page.locator('[data-certain=true]').waitFor();
  await redis.publish(task('created', 't4'));
  await page.keyboard.press('2');
  await shows(page, recorded[5]?.tasks ?? [], 'the moment does not change');
  await page.getByRole('link', { name: /The t1/ }).click();
  await page.getByRole('dialog').getByText('The task as of the selected moment.').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  await page.locator('[data-history]').waitFor({ state: 'detached' });
  await page.locator('[data-task=t4]').waitFor();
  await until(
    () => at(page) === null,
    () => `the address ${page.url()}`,
  );
  expect(await page.title()).toMatch(/^Board/);
});

test('an execution is shown at the moment, without commands', async () => {
  await redis.publish(
    { event: 'execution:started', execution_id: 'e1', data: { status: 'running' } },
    { event: 'log', execution_id: 'e1', data: { level: 'info', message: 'an early line' } },
  );
  const { position } = await until(
    async () => {
      const page = await relay.get<{ position: string; events: readonly { data: { message?: string } }[] }>('/api/v1/history?limit=1');
      return page.events[0]?.data.message === 'an early line' ? page : null;
    },
    () => 'the line in the history',
  );
  await redis.publish({ event: 'log', execution_id: 'e1', data: { level: 'info', message: 'a late line' } });
  const page = await openLive('#/executions/e1');
  await page.getByRole('log').getByText('a late line').waitFor();
  await page.goto(`${relay.origin}/#/executions/e1?at=${position}`);
  await isPast(page);
  await page.getByText('No commands while an earlier moment is shown').waitFor();
  await page.getByRole('log').getByText('an early line').waitFor();
  expect(await page.getByText('a late line').count()).toBe(0);
});

test('passes axe with its best practices, in both languages', async () => {
  for (const locale of ['en-US', 'zh-CN']) {
    const page = await open(`#/board?at=${recorded[5]?.position ?? ''}`, { viewport: { width: 360, height: 780 }, locale });
    await isPast(page);
    await page.locator('[data-history] canvas').waitFor();
    expect(await axeFindings(page, { exclude: ['main'] }), locale).toEqual([]);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
  }
});

test('a moment after a gap is uncertain, and says why', async () => {
  await redis.publish({ ...task('started', 't4'), seq: 1 }, { ...task('progress', 't4', { progress: 10 }), seq: 9 });
  const page = await openLive('#/board');
  await page.getByRole('button', { name: 'History' }).click();
  await isPast(page);
  const banner = page.locator('[data-certain=false]');
  await banner.getByText(/Uncertain: 7 events missed/).waitFor();
  await page.keyboard.press('Home');
  await page.locator('[data-certain=true]').waitFor();
});

test('a moment that the relay no longer has is announced, and the page is live', async () => {
  const page = await openLive('#/board?at=0123456789abcdef-00000000001');
  await page.getByText('The relay no longer has the moment of this link').waitFor();
  await page.locator('[data-task=t4]').waitFor();
  await until(
    () => at(page) === null,
    () => `the address ${page.url()}`,
  );
});
