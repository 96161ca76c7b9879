import { createServer, type Server } from 'node:http';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { TokenIssuer } from '../relay/token-issuer';
import { endAfterAll } from './end-after-all';
import { freePort } from './programs';
import { RefusingProxy } from './refusing-proxy';
import { RelayServer } from './servers';
import { testBed } from './test-bed';

// A network that does not pass on WebSockets: the client uses the event stream. The page imports /client.js of the relay, from another origin.

declare global {
  interface Window {
    link: {
      client: { state: { status: string; protocol?: string }; command: (name: string) => Promise<unknown>; commandNames: unknown };
      events: number[];
      problems: string[];
      tasks: () => string[];
    };
  }
}

const page = (origin: string, token?: string) => `<!doctype html>
<html lang="en"><title>Client</title><script type="module">
  import { RelayClient, LiveState } from '${origin}/client.js';
  const client = new RelayClient({
    url: '${origin}/ws', baseDelayMs: 200, maxDelayMs: 500${token === undefined ? '' : `, token: async () => '${token}'`}
  });
  const view = new LiveState(client);
  window.link = { client, events: [], problems: [], tasks: () => [...view.sections.tasks.keys()] };
  client.on('log', ({ data }) => window.link.events.push(data.n));
  client.onProblem(({ kind, message }) => window.link.problems.push(kind + ': ' + message));
  client.connect();
</script></html>`;

const { redis, relay, newPage } = testBed();
const issuer = new TokenIssuer();
const guarded = new RelayServer(redis, issuer.settings);
let proxy: RefusingProxy;
let pages: { server: Server; port: number };
let token: string | undefined;

const end = endAfterAll();

beforeAll(async () => {
  await end(guarded, (server) => server.stop()).start();
  const port = await freePort();
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(page(proxy.origin, token)));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  pages = end({ server, port }, () => new Promise((resolve) => server.close(resolve)));
});

afterAll(() => issuer.dispose());

afterEach(() => proxy.stop());

async function open(to: RelayServer): Promise<Page> {
  proxy = await RefusingProxy.start(to);
  const opened = await newPage({ hasClock: true });
  await opened.goto(`http://localhost:${pages.port}/`);
  return opened;
}

const isLive = (on: Page, protocol: string) =>
  on.waitForFunction((wanted) => window.link.client.state.status === 'live' && window.link.client.state.protocol === wanted, protocol);

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => ({ event: 'log', data: { n: from + index, message: 'a line' } }));

const has = (on: Page, count: number) => on.waitForFunction((wanted) => window.link.events.length >= wanted, count);

test('a page gets state and events from the event stream, resumes on it, and returns to a WebSocket', async () => {
  token = undefined;
  const opened = await open(relay);
  await redis.publish({ event: 'task:started', data: { taskId: 't1', status: 'running' } });
  await isLive(opened, 'event-stream');
  await redis.publish(...numbered(1, 5));
  await has(opened, 5);
  await opened.waitForFunction(() => window.link.tasks().includes('t1'));
  proxy.cut();
  await redis.publish(...numbered(6, 20));
  await has(opened, 20);
  expect(await opened.evaluate(() => window.link.events)).toEqual(numbered(1, 20).map(({ data }) => data.n));
  expect(proxy.paths.filter((path) => path.startsWith('/events?since=')).length).toBeGreaterThan(0);

  const refused = await opened.evaluate(() =>
    window.link.client.command('start_session').catch((error: unknown) => (error as { reason: string }).reason),
  );
  expect(refused).toBe('event_stream');
  expect(await opened.evaluate(() => window.link.client.commandNames)).toBeNull();

  proxy.passesUpgrades = true;
  await opened.clock.fastForward(121_000);
  await isLive(opened, 'subprotocol');
  await redis.publish(...numbered(21, 25));
  await has(opened, 25);
  expect(await opened.evaluate(() => window.link.events)).toEqual(numbered(1, 25).map(({ data }) => data.n));
  expect(await opened.evaluate(() => window.link.problems)).toEqual([]);
});

test('with a token the event stream is opened with a ticket, and the token is never in an address', async () => {
  token = issuer.issue({ role: 'read' });
  const opened = await open(guarded);
  await isLive(opened, 'event-stream');
  await redis.publish(...numbered(1, 3));
  await has(opened, 3);

  expect(proxy.paths.some((path) => path.startsWith('/events') && path.includes('ticket='))).toBe(true);
  expect(proxy.paths.filter((path) => path.includes(token ?? ''))).toEqual([]);
});
