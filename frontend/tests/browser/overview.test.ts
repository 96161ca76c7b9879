import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { patienceMs } from '../../test-limits';
import { axeFindings, overflow } from './axe';
import { testBed } from './test-bed';

// The sentence is about the whole state of the relay.
const { redis, relay, openLive } = testBed({ isNewForEachTest: true });

const sentence = (page: Page) => page.locator('[data-tone] [role=status]');
const says = (page: Page, text: RegExp) => expect.poll(() => sentence(page).innerText(), { timeout: patienceMs }).toMatch(text);

const task = (name: string, taskId: string, more: object = {}, project?: string) => ({
  event: `task:${name}`,
  data: { taskId, title: `The ${taskId}`, ...more },
  ...(project !== undefined && { project_id: project }),
});

const failed = (taskId: string, error: string, project?: string) => task('failed', taskId, { error }, project);

test('the sentence names new failures with their project, until they are marked as seen', async () => {
  await redis.publish(task('started', 'one', {}, 'billing'));
  const page = await openLive();
  await says(page, /^All well$/);
  await page.getByText('1 running, 0 queued, no new failures in the last 10 min').waitFor();
  await redis.publish(failed('one', 'No disk', 'billing'), failed('two', 'No disk', 'billing'));
  await says(page, /^2 new failures in billing since \d\d:\d\d$/);
  await sentence(page).getByRole('link').click();
  expect(new URL(page.url()).hash).toBe('#/?project=billing');
  const mark = page.locator('#overview-failures summary').getByText('new', { exact: true });
  await mark.waitFor();
  await page.getByRole('button', { name: 'Mark as seen' }).click();
  await says(page, /^All well$/);
  await mark.waitFor({ state: 'detached' });
  await page.getByText(/no new failures since \d\d:\d\d/).waitFor();
});

test('the sentence is about the connection first, and never well without current data', async () => {
  await redis.publish(task('started', 'one'), { event: 'executor:status', data: { activeCount: 1, availableSlots: 0 } });
  const page = await openLive();
  await says(page, /^All well$/);
  await redis.stop();
  await says(page, /^The relay may be missing events since \d\d:\d\d/);
  await redis.start();
  // Whatever changed while Redis was away is unknown.
  await says(page, /^1 task uncertain/);
  await redis.publish(task('progress', 'one', { progress: 20 }), { event: 'executor:status', data: { activeCount: 1, availableSlots: 0 } });
  await says(page, /^Events may be missing from around \d\d:\d\d$/);
  await relay.stop();
  await says(page, /^Not connected to the relay since \d\d:\d\d/);
});

test('failures are grouped by error, with the tasks on demand', async () => {
  await redis.publish(
    failed('a', 'Tests failed: 3 of 214', 'website'),
    failed('b', 'Tests failed: 5 of 214', 'billing'),
    failed('c', 'exit code 137'),
  );
  const page = await openLive();
  const group = page.locator('#overview-failures summary').filter({ hasText: 'Tests failed: # of #' });
  await group.getByText('× 2').waitFor();
  expect(await page.locator('#overview-failures summary').count()).toBe(2);
  await group.click();
  // A link has the group.
  await page.waitForURL(/#\/\?failure=Tests\+failed/);
  await page.reload();
  await page.getByRole('link', { name: /The b.*billing · Tests failed: 5 of 214/ }).click();
  await page.getByRole('dialog').getByText('The b').first().waitFor();
});

test('lanes show what ran in which slot, as a picture and as a table', async () => {
  const ago = (seconds: number) => ({ timestamp: new Date(Date.now() - seconds * 1000).toISOString() });
  await redis.publish(
    { event: 'executor:status', data: { activeCount: 1, availableSlots: 1 } },
    { ...task('started', 'first'), ...ago(200) },
    { ...task('started', 'second'), ...ago(150) },
    { ...task('completed', 'first'), ...ago(100) },
    { ...task('started', 'third'), ...ago(50) },
    { ...task('completed', 'second'), ...ago(40) },
  );
  const page = await openLive();
  await page.getByRole('img', { name: /^What ran in which slot in the last 5 min: 3 runs/ }).waitFor();
  await page.getByText('As a table').click();
  const rows = () =>
    page.locator('#overview-slots tbody tr').evaluateAll((all) => all.map((row) => (row as HTMLElement).innerText.split('\t')));
  await page.locator('#overview-slots tbody tr').nth(2).waitFor();
  expect((await rows()).map(([lane, title, , , status]) => [lane, title, status])).toEqual([
    ['1', 'The third', 'Running'],
    ['2', 'The second', 'Done'],
    ['1', 'The first', 'Done'],
  ]);

  // The first run is drawn in the upper lane, from 200 to 100 seconds ago.
  const canvas = page.locator('#overview-slots canvas');
  const { width = 0, height = 0 } = (await canvas.boundingBox()) ?? {};
  await canvas.click({ position: { x: width / 2, y: height / 4 } });
  await page.getByRole('dialog').getByText('The first').first().waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: '15 min' }).click();
  await page.waitForURL(/#\/\?slots=15$/);
  await page.reload();
  await page.getByRole('img', { name: /^What ran in which slot in the last 15 min: 3 runs/ }).waitFor();
});

test('the queue lists the longest wait first, and marks long waits', async () => {
  const ago = (minutes: number) => ({ timestamp: new Date(Date.now() - minutes * 60_000).toISOString() });
  await redis.publish({ ...task('created', 'new'), ...ago(1) }, { ...task('created', 'old'), ...ago(12) });
  const page = await openLive();
  await says(page, /^Oldest queued task waiting for 12 min$/);
  const rows = page.locator('#overview-queue li');
  await rows.nth(1).waitFor();
  expect((await rows.allInnerTexts()).map((text) => text.split('\n')[0])).toEqual(['The old', 'The new']);
  await page
    .getByTitle('Waiting for more than 5 min')
    .getByText(/^12 min \d\d s$/)
    .waitFor();
  await page.getByText(/^2 · oldest 12 min \d\d s · 1 over 5 min$/).waitFor();
});

test('with a project, panels of all projects say so', async () => {
  await redis.publish(task('started', 'one', {}, 'billing'), { event: 'executor:status', data: { activeCount: 1, availableSlots: 1 } });
  const page = await openLive('#/?project=billing');
  await page.getByText('1 of 2 slots used').waitFor();
  for (const name of ['Throughput', 'Lag', 'Slots']) await page.getByRole('region', { name }).getByText('all projects').waitFor();
});

test('on a phone failures follow the sentence, rows can be tapped, and nothing scrolls sideways', async () => {
  await redis.publish(
    ...Array.from({ length: 9 }, (_, index) => task('created', `queued-${index}`)),
    task('started', 'running'),
    ...['No disk', 'No net', 'No memory', 'No time', 'No luck', 'No idea', 'No way'].map((error, index) =>
      failed(`failed-${index}`, error),
    ),
  );
  const page = await openLive('', { viewport: { width: 360, height: 780 }, hasTouch: true });
  const groups = page.locator('#overview-failures summary:visible');
  await groups.nth(4).waitFor();
  expect(await groups.count()).toBe(5);
  const top = await page.locator('#overview-failures').evaluate((element) => element.getBoundingClientRect().top);
  expect(top).toBeLessThan(400);
  const rows = page.locator('#overview-failures summary:visible, #overview-running li > a, #overview-queue a');
  const heights = await rows.evaluateAll((all) => all.map((row) => row.getBoundingClientRect().height));
  expect(Math.min(...heights)).toBeGreaterThanOrEqual(44);
  await page.getByRole('button', { name: '2 more errors' }).click();
  expect(await groups.count()).toBe(7);
  expect(await overflow(page)).toBeLessThanOrEqual(0);
});

test('passes axe with its best practices, in both languages', async () => {
  await redis.publish(task('started', 'running', { progress: 40 }), task('created', 'queued'), failed('failed', 'No disk', 'billing'), {
    event: 'executor:status',
    data: { activeCount: 1, availableSlots: 1 },
  });
  for (const locale of ['en-US', 'zh-CN']) {
    const page = await openLive('', { locale });
    await page.locator('#overview-slots canvas').waitFor();
    expect(await axeFindings(page, 'main'), locale).toEqual([]);
  }
});
