import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import AxeSource from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { patienceMs } from '../../test-limits';
import { TokenIssuer } from '../relay/token-issuer';
import { closeContext, openChromium, openPage } from './chromium';
import { endAfterAll } from './end-after-all';
import { RedisServer, RelayServer } from './servers';

const artifacts = fileURLToPath(new URL('../../artifacts/', import.meta.url));
const end = endAfterAll();
const contexts: BrowserContext[] = [];
/** What the pages wrote to the console, and the addresses that they requested. */
const traces: string[] = [];

let redis: RedisServer;
let relay: RelayServer;
let browser: Browser;
let issuer: TokenIssuer;

beforeAll(async () => {
  await mkdir(artifacts, { recursive: true });
  issuer = new TokenIssuer();
  end(issuer, () => {
    issuer.dispose();
    return Promise.resolve();
  });
  redis = end(await RedisServer.start(), (server) => server.stop());
  relay = end(await RelayServer.start(redis, { ...issuer.settings, CECELIA_COMMAND_NAMES: 'pause_session' }), (server) => server.stop());
  browser = end(await openChromium(), (chromium) => chromium.close());
});

afterEach(async () => {
  for (const context of contexts.splice(0)) await closeContext(context);
  traces.length = 0;
});

async function open(view = ''): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
  contexts.push(context);
  context.setDefaultTimeout(patienceMs);
  const page = await openPage(context);
  page.on('console', (message) => traces.push(message.text()));
  page.on('request', (request) => traces.push(request.url()));
  page.on('websocket', (socket) => traces.push(socket.url()));
  await page.goto(`${relay.origin}/${view}`);
  return page;
}

const field = (page: Page) => page.getByLabel('Token', { exact: true });
const isLive = (page: Page) => page.locator('header [data-status=live]').first().waitFor();

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
  await isLive(page);
  await page.getByRole('button', { name: 'User: ada read' }).waitFor();
  await page.getByRole('heading', { name: 'e1' }).waitFor();
  expect(await page.getByRole('button', { name: 'Pause' }).count()).toBe(0);
  expect(await page.getByRole('link', { name: 'Refused', exact: true }).count()).toBe(0);

  await page.reload();
  await isLive(page);
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
  await isLive(page);
  expect(traces.filter((text) => text.startsWith('ws:'))).toHaveLength(sockets);
});

test('a relay that cannot be reached is not a reason to sign in again', async () => {
  const page = await open();
  await signIn(page, issuer.issue({ role: 'read' }));
  await isLive(page);
  await relay.stop();
  await page.locator('header [data-status=reconnecting]').first().waitFor();
  expect(await field(page).count()).toBe(0);
  await relay.start();
  await isLive(page);
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
  await page.evaluate(AxeSource.source);
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1440, 360]) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 780 });
      await page.screenshot({ path: `${artifacts}${view}-${colorScheme}-${width}.png` });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(overflow, 'pixels wider than the window').toBeLessThanOrEqual(0);
      const violations = await page.evaluate(async () => {
        const { axe } = window as unknown as { axe: typeof AxeSource };
        const result = await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] });
        return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
      });
      expect(violations, `${colorScheme}, ${width} pixels`).toEqual([]);
    }
  }
});
