import { expect, test } from 'vitest';
import { until } from './programs';
import { testBed } from './test-bed';

const { redis, relay, open } = testBed();

const log = (message: string, more: object = {}) => ({ event: 'log', data: { level: 'info', message }, ...more });

/** Waits until the relay has accepted what was published. */
async function accepted(text: string): Promise<void> {
  await until(
    async () => (await (await fetch(`${relay.origin}/api/v1/history?limit=5`)).text()).includes(text),
    () => `${text} in the history of the relay`,
  );
}

test('a page shows the events that were published before it was opened, then the live ones, each once', async () => {
  await redis.publish(log('before the page 1'), log('before the page 2'));
  await accepted('before the page 2');

  const page = await open('#/feed');
  const rows = page.getByRole('list', { name: 'Events, newest first' }).getByRole('listitem');
  await rows.getByText('before the page 1').waitFor();
  await redis.publish(log('since the page'));
  await rows.getByText('since the page').waitFor();

  const words = (await rows.allInnerTexts()).flatMap((text) => /(before the page \d|since the page)/.exec(text)?.[0] ?? []);
  expect(words).toEqual(['since the page', 'before the page 2', 'before the page 1']);
});

test('the log of an execution has the lines from before the page was opened', async () => {
  await redis.publish(
    { event: 'execution:started', execution_id: 'e1', data: { status: 'running' } },
    log('an early line', { execution_id: 'e1' }),
    log('a line of another execution', { execution_id: 'e2' }),
  );
  await accepted('another execution');

  const page = await open('#/executions/e1');
  const lines = page.getByRole('log');
  await lines.getByText('an early line').waitFor();
  await redis.publish(log('a late line', { execution_id: 'e1' }));
  await lines.getByText('a late line').waitFor();
  const words = (await lines.getByRole('listitem').allInnerTexts()).flatMap(
    (text) => /(an? \w+ line|of another execution)/.exec(text)?.[0] ?? [],
  );
  expect(words).toEqual(['an early line', 'a late line']);
});
