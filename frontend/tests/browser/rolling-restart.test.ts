import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { transformWithEsbuild } from 'vite';
import { expect, test } from 'vitest';
import { openChromium } from './chromium';
import { endAfterAll } from './end-after-all';
import { servePages } from './page-server';
import type { ClientRecord } from './pages/plain-clients';
import { until } from './programs';
import { hasProxy, startProxy } from './proxy';
import { RedisServer, RelayServer } from './servers';
import { patienceMs } from '../../test-limits';

// Runs the original clients of the four systems in a browser, with their own delays, during a rolling restart of three relays behind HAProxy under load.

const socketsOfEachKind = 4;
const streams = 2;
const executions = ['e1', 'e2', 'e3', 'e4', 'e5', 'e6'];
const burst = 300;

const end = endAfterAll();

/** Publishes an event every few milliseconds, with occasional bursts. */
function startLoad(redis: RedisServer): { published: () => number; stop: () => Promise<void> } {
  let published = 0;
  let isOver = false;
  const publish = async () => {
    for (let turn = 1; !isOver; turn++) {
      const count = turn % 100 === 0 ? burst : 1;
      await redis.publish(...Array.from({ length: count }, (_, index) => ({ event: 'log', data: { n: published + index } })));
      published += count;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const publishing = publish();
  return {
    published: () => published,
    stop() {
      isOver = true;
      return publishing;
    },
  };
}

/** The newest WebSocket of each execution's page. */
function watchExecutions(page: Page): ReadonlyMap<string, { isClosed: boolean; readonly frames: string[]; readonly number: number }> {
  const sockets = new Map<string, { isClosed: boolean; readonly frames: string[]; readonly number: number }>();
  page.on('websocket', (socket) => {
    const id = /\/executions\/(\w+)$/.exec(socket.url())?.[1];
    if (id === undefined) return;
    const kept = { isClosed: false, frames: [] as string[], number: (sockets.get(id)?.number ?? 0) + 1 };
    sockets.set(id, kept);
    socket.on('framereceived', ({ payload }) => kept.frames.push(String(payload)));
    socket.on('close', () => (kept.isClosed = true));
  });
  return sockets;
}

test.skipIf(!hasProxy)('a rolling restart of three relays under load', async () => {
  const redis = end(await RedisServer.start(), (server) => server.stop());
  const relays: RelayServer[] = [];
  for (let i = 0; i < 3; i++)
    relays.push(end(await RelayServer.start(redis, { CECELIA_DRAIN_WINDOW_SECONDS: '1' }), (server) => server.stop()));
  const proxy = end(await startProxy(relays), ({ stop }) => stop());
  const pages = end(await servePages(`http://127.0.0.1:${proxy.port}`), ({ server }) => server.close());
  // These addresses are hard-coded in the clients.
  const names = ['localhost:5221', 'localhost:8037'].map((name) => `MAP ${name} 127.0.0.1:${proxy.port}`).join(',');
  const browser = end(await openChromium(`--host-resolver-rules=${names}`), (chromium) => chromium.close());
  const page = await browser.newPage();
  page.setDefaultTimeout(patienceMs);
  const faults: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(message));
  const sockets = watchExecutions(page);
  const load = startLoad(redis);
  end(load, ({ stop }) => stop());
  await page.exposeFunction('published', load.published);

  const records = () => page.evaluate(() => window.plain.records);
  const describe = async () =>
    (await records())
      .map(({ name, attempts, connections, isGivenUp }) => {
        const runs = connections.map(({ published, numbers }) => `${published}: ${numbers[0]}–${numbers.at(-1)}`);
        return `${name}: ${attempts} attempts, ${runs.join(', ')}${isGivenUp ? ', given up' : ''}`;
      })
      .join('\n');
  const shows = (id: string, text: string) => page.locator(`#${id}`).getByText(text).waitFor();
  const isAt = (id: string, text: string) => page.locator(`#${id}`).getByText(text).isVisible();
  const open = async (id: string) => page.evaluate((executionId) => window.plain.openExecution(executionId), id);
  const publishStatus = (fields: object) =>
    redis.publish(...executions.map((id) => ({ type: 'status', execution_id: id, message: null, ...fields })));
  /** Waits until all clients are connected. */
  const allConnected = async () => {
    let found = -1;
    await until(
      async () => {
        const counts = await Promise.all(relays.map((relay) => relay.get<{ connections: number }>('/api/v1/status')));
        found = counts.reduce((sum, { connections }) => sum + connections, 0);
        const isOpen = [...sockets.values()].filter(({ isClosed }) => !isClosed).length;
        return found === 3 * socketsOfEachKind + streams + isOpen;
      },
      () => `${found} connections`,
    );
    await page.waitForFunction(() => window.plain.records.every(({ connections }) => connections.at(-1)?.published !== null));
  };

  await page.goto(`${pages.origin.replace('127.0.0.1', 'localhost')}/tests/browser/pages/plain-clients.html`);
  await page.waitForFunction(() => 'plain' in window);
  const source = await readFile(fileURLToPath(new URL('clients/cecelia.txt', import.meta.url)), 'utf8');
  const { code } = await transformWithEsbuild(source, 'cecelia.ts', { loader: 'ts' });
  await page.addScriptTag({ content: `${code};window.WebSocketClient = WebSocketClient;` });
  await publishStatus({ status: 'running', progress: 5 });
  for (const id of executions) await open(id);
  await page.evaluate((counts) => window.plain.start(counts), { sockets: socketsOfEachKind, streams });
  await allConnected();
  // Relays that start with an empty history do not accept each other's positions for two seconds (DECISIONS.md).
  const before = load.published();
  await until(
    () => load.published() > before + 1200,
    () => `${load.published()} published`,
  );

  const stops: { readonly published: number; readonly connections: readonly number[] }[] = [];
  for (const [turn, relay] of relays.entries()) {
    stops.push({ published: load.published(), connections: (await records()).map(({ connections }) => connections.length) });
    await relay.stop();
    // The status changes while pages are disconnected.
    const isLast = turn === relays.length - 1;
    const shown = isLast ? '结果: all done' : `进度: ${20 * turn + 20}%`;
    await publishStatus(
      isLast ? { status: 'completed', progress: 100, result: 'all done' } : { status: 'running', progress: 20 * turn + 20 },
    );
    const away: string[] = [];
    for (const id of executions) {
      await until(
        async () => (await isAt(id, shown)) || sockets.get(id)?.isClosed === true,
        () => `${id}: ${JSON.stringify(sockets.get(id))}`,
      );
      if (!(await isAt(id, shown))) away.push(id);
    }
    await relay.start();
    for (const id of away) {
      await open(id);
      await shows(id, shown);
      expect(JSON.parse(sockets.get(id)?.frames[0] ?? '')).toMatchObject(
        isLast
          ? { type: 'status', status: 'completed', result: 'all done' }
          : { type: 'status', status: 'running', progress: 20 * turn + 20 },
      );
    }
    if (isLast)
      await until(
        () => [...sockets.values()].every(({ isClosed }) => isClosed),
        () => 'an execution page that is open although the execution has ended',
      );
    await allConnected();
  }

  await load.stop();
  const last = load.published() - 1;
  await page
    .waitForFunction((n) => window.plain.records.every(({ connections }) => connections.at(-1)?.numbers.at(-1) === n), last)
    .catch(async (error: unknown) => {
      throw new Error(`not all have event ${last}:\n${await describe()}`, { cause: error });
    });
  const all = await records();
  for (const [index, client] of all.entries()) checkRecord(client, index, stops);
  // Each relay was stopped once, and clients move only when they are disconnected.
  for (const { name, attempts } of all) expect(attempts, name).toBeGreaterThan(1);
  for (const [id, { number }] of sockets) expect(number, id).toBeGreaterThan(1);
  expect(faults).toEqual([]);
});

/** Checks that a connection received every event once and in order, from the upgrade until at least SIGTERM. */
function checkRecord(
  { name, attempts, connections, isGivenUp }: ClientRecord,
  index: number,
  stops: readonly { readonly published: number; readonly connections: readonly number[] }[],
): void {
  expect(isGivenUp, name).toBe(false);
  let next = 0;
  for (const { published, numbers } of connections) {
    const first = numbers[0] ?? -1;
    expect(first, name).toBeGreaterThanOrEqual(next);
    expect(first, name).toBeLessThanOrEqual(published ?? -1);
    expect(numbers, name).toEqual(Array.from({ length: numbers.length }, (_, at) => first + at));
    next = first + numbers.length;
  }
  if (name === 'EventSource') return;
  // A relay was ready at all times, so that each attempt succeeds and the client waits for its delay only once.
  expect(attempts, name).toBe(connections.length);
  for (const stop of stops) {
    const cut = connections[(stop.connections[index] ?? 0) - 1];
    if (cut !== connections.at(-1)) expect(cut?.numbers.at(-1), name).toBeGreaterThanOrEqual(stop.published - 1);
  }
}
