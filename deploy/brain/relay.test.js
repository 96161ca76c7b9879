import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { startProgram, until } from './programs.js';
import { createPublisher } from './publisher.js';
import { startRedis } from './real-redis.js';
import { refusedEvents } from './refused-events.js';

const CHANNEL = 'cecelia:events';
const relayDll = process.env.RELAY_DLL; // `make test` names the one that it built.
const options = { timeout: 60_000, skip: relayDll ? false : 'RELAY_DLL names no relay' };

test('relay accepts what is published, and knows it again by its number', options, async (t) => {
  const redis = await startRedis(t);
  const client = await redis.connect();
  const relay = await startRelay(t, redis.url);
  const brain = createPublisher({ redis: client, source: 'b'.repeat(200), stream: 'kept' });

  const receivers = [
    await brain.publish({ event: 'task:created', data: { taskId: 't1', status: 'queued' } }),
    await brain.publish({ type: 'ü'.repeat(64), data: {}, timestamp: new Date(), project_id: 12, node_id: 'n'.repeat(256), id: Number.MAX_SAFE_INTEGER }),
    await brain.publish({ type: 'status', execution_id: 'e1', status: 'running', progress: 50 }),
  ];
  for (const [, [, payload]] of await client.xrange('kept', '-', '+')) await client.publish(CHANNEL, payload);
  await client.publish(CHANNEL, 'the last one');

  const kept = await relay.refused(1);
  assert.deepEqual(kept.map(({ excerpt }) => excerpt), ['the last one']);
  assert.deepEqual(receivers, [1, 1, 1]);
  const { events } = await relay.get('/api/v1/status');
  assert.deepEqual([events.received, events.accepted], [7, 3]);
});

test('relay refuses what publish refuses, for the same reason', options, async (t) => {
  const redis = await startRedis(t);
  const client = await redis.connect();
  const relay = await startRelay(t, redis.url);

  for (const [, event] of refusedEvents) await client.publish(CHANNEL, JSON.stringify(event));

  const kept = await relay.refused(refusedEvents.length);
  assert.deepEqual(kept.reverse().map(({ reason, excerpt }) => [reason, excerpt]), refusedEvents.map(([reason, event]) => [reason, JSON.stringify(event)]));
});

/** A relay that is ready. `refused(count)` waits for so many refusals, before which all that came earlier has been judged. */
async function startRelay(test, redisUrl) {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('CECELIA_'));
  const env = { ...Object.fromEntries(inherited), CECELIA_WS_PORT: '0', CECELIA_WS_BIND: '127.0.0.1', CECELIA_REDIS_URL: redisUrl };
  const { output } = startProgram(test, 'dotnet', [relayDll], { cwd: tmpdir(), env });
  const address = await until(async () => /(http:\S+)\/readyz/.exec(output())?.[1], output);
  const get = async (path) => (await fetch(address + path)).json();
  const refused = (count) =>
    until(async () => {
      const { kept } = await get('/api/v1/refused');
      return kept.length >= count && kept;
    }, output);
  await until(async () => (await get('/readyz')).status === 'ready', output);
  return { get, refused };
}
