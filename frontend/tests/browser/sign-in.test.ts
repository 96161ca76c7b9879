import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { TokenIssuer } from '../relay/token-issuer';
import { axeFindings, overflow, setLook } from './axe';
import { hasStatus, testBed } from './test-bed';

const artifacts = fileURLToPath(new URL('../../artifacts/', import.meta.url));
const issuer = new TokenIssuer();
afterAll(() => issuer.dispose());
const { redis, relay, newPage } = testBed({
  settings: { ...issuer.settings, CECELIA_COMMAND_NAMES: 'pause_session' },
  pages: { reducedMotion: 'reduce' },
});
/** What the pages wrote to the console, and the addresses that they requested. */
const traces: string[] = [];

beforeAll(() => mkdir(artifacts, { recursive: true }));

afterEach(() => {
  traces.length = 0;
});

async function open(view = ''): Promise<Page> {
  const page = await newPage();
  page.on('console', (message) => traces.push(message.text()));
  page.on('request', (request) => traces.push(request.url()));
  page.on('websocket', (socket) => traces.push(socket.url()));
  await page.goto(`${relay.origin}/${view}`);
  return page;
}

const field = (page: Page) => page.getByLabel('Token', { exact: true });

async function signIn(page: Page, token: string): Promise<void> {
  await field(page).fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test('a page signs in, and says why a token is not accepted', async () => {
  await redis.publish({ event: 'execution:started', data: { status: 'running' }, execution_id: 'e1' });
  const page = await open('#/executions/e1');
  await field(page).waitFor();
  expect(await page.getByRole('alert').count()).toBe(0);
  await signIn(page, issuer.issue({ role: 'read' }, -60));
  await page.getByText('The token has expired.').waitFor();
  await signIn(page, issuer.issue({ role: 'read' }, 3600, { aud: 'other' }));
  await page.getByText('The token is for another service.').waitFor();

  const token = issuer.issue({ role: 'read' });
  await signIn(page, token);
  await hasStatus(page, 'live');
  await page.getByRole('button', { name: 'User: ada read' }).waitFor();
  await page.getByRole('heading', { name: 'e1' }).waitFor();
  expect(await page.getByRole('button', { name: 'Pause' }).count()).toBe(0);
  expect(await page.getByRole('link', { name: 'Refused', exact: true }).count()).toBe(0);

  await page.reload();
  await hasStatus(page, 'live');
  expect(traces.join('\n')).not.toContain(token.split('.')[2]);
  const other = await open();
  await field(other).waitFor();

  await page.getByRole('button', { name: /^User/ }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await field(page).waitFor();
});

test('a token of the role command shows the commands, and one of the role admin what is for operators', async () => {
  await redis.publish({ event: 'execution:started', data: { status: 'running' }, execution_id: 'e2' });
  const page = await open('#/executions/e2');
  await signIn(page, issuer.issue({ role: 'command' }));
  await page.getByRole('button', { name: 'Pause' }).waitFor();
  const operator = await open('#/refused');
  await signIn(operator, issuer.issue({ role: 'admin' }));
  await redis.client.publish('cecelia:events', '{"event": nonsense');
  await operator.getByText('"event": nonsense', { exact: false }).first().waitFor();
});

test('the end of the access is announced, and a new token is used on the open connection', async () => {
  const page = await open();
  await signIn(page, issuer.issue({ role: 'read' }, 240));
  await page.getByText('Your access ends in', { exact: false }).waitFor();
  await page.getByLabel('New token').fill(issuer.issue({ role: 'read' }, 240, { sub: 'grace' }));
  await page.getByRole('button', { name: 'Renew' }).click();
  await page.getByText('The token is of another user.', { exact: false }).waitFor();
  const sockets = traces.filter((text) => text.startsWith('ws:')).length;
  await page.getByLabel('New token').fill(issuer.issue({ role: 'read' }, 3600));
  await page.getByRole('button', { name: 'Renew' }).click();
  await page.getByText('Your access ends in', { exact: false }).waitFor({ state: 'detached' });
  await hasStatus(page, 'live');
  expect(traces.filter((text) => text.startsWith('ws:'))).toHaveLength(sockets);
});

test('a relay that cannot be reached is not a reason to sign in again', async () => {
  const page = await open();
  await signIn(page, issuer.issue({ role: 'read' }));
  await hasStatus(page, 'live');
  await relay.stop();
  await hasStatus(page, 'reconnecting');
  expect(await field(page).count()).toBe(0);
  await relay.start();
  await hasStatus(page, 'live');
});

test.each(['sign-in', 'user'])('%s passes axe at two sizes and in both themes', async (view) => {
  const page = await open();
  await field(page).waitFor();
  if (view === 'user') {
    await signIn(page, issuer.issue({ role: 'admin' }, 240));
    await page.getByRole('button', { name: /^User/ }).click();
  } else {
    await signIn(page, issuer.issue({ role: 'read' }, -60));
    await page.getByText('The token has expired.').waitFor();
  }
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1440, 360]) {
      await setLook(page, { width, height: 780, colorScheme });
      await page.screenshot({ path: `${artifacts}${view}-${colorScheme}-${width}.png` });
      expect(await overflow(page), 'pixels wider than the window').toBeLessThanOrEqual(0);
      expect(await axeFindings(page), `${colorScheme}, ${width} pixels`).toEqual([]);
    }
  }
});
