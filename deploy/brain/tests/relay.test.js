import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPublisher } from '../publisher.js';
import { createTaskEvents } from '../taskEvents.js';
import { everyEvent } from './every-event.js';
import { startRedis } from './real-redis.js';
import { until } from './programs.js';
import { needsRelay, startRelay } from './real-relay.js';
import { refusedEvents } from './refused-events.js';

const CHANNEL = 'cecelia:events';

// On a busy machine the relay needs longer to subscribe again.
const patient = { resubscribeMs: 3000, subscriberWaitMs: 20_000 };

test('relay accepts published events, and detects duplicates by their number', needsRelay, async (t) => {
  const redis = await startRedis(t);
  const client = await redis.connect();
  const relay = await startRelay(t, redis.url);
  const brain = createPublisher({ redis: client, source: 'b'.repeat(200), stream: 'kept' });

  const receivers = [
    await brain.publish({ event: 'task:created', data: { taskId: 't1', status: 'queued' } }),
    await brain.publish({
      type: 'ü'.repeat(64),
      data: {},
      timestamp: new Date(),
      project_id: 12,
      node_id: 'n'.repeat(256),
      id: Number.MAX_SAFE_INTEGER,
    }),
    await brain.publish({ type: 'status', execution_id: 'e1', status: 'running', progress: 50 }),
  ];
  for (const [, [, payload]] of await client.xrange('kept', '-', '+')) await client.publish(CHANNEL, payload);
  await client.publish(CHANNEL, 'the last one');

  const kept = await relay.refused(4);
  assert.deepEqual(kept.map(({ reason }) => reason).sort(), ['duplicate', 'duplicate', 'duplicate', 'not_json']);
  assert.ok(kept.some(({ excerpt }) => excerpt === 'the last one'));
  assert.deepEqual(receivers, [1, 1, 1]);
  const { events } = await relay.get('/api/v1/status');
  assert.deepEqual([events.received, events.accepted, events.duplicate], [7, 3, 3]);
});

test('relay refuses the events that publish refuses, for the same reason', needsRelay, async (t) => {
  const redis = await startRedis(t);
  const client = await redis.connect();
  const relay = await startRelay(t, redis.url);

  for (const [, event] of refusedEvents) await client.publish(CHANNEL, JSON.stringify(event));

  const kept = await relay.refused(refusedEvents.length);
  assert.deepEqual(
    kept.reverse().map(({ reason, excerpt }) => [reason, excerpt]),
    refusedEvents.map(([reason, event]) => [reason, JSON.stringify(event)]),
  );
});

test('each event of every format is accepted, and reaches a client', needsRelay, async (t) => {
  const redis = await startRedis(t);
  const relay = await startRelay(t, redis.url);
  const client = await relay.watch();
  const brain = open(t, { url: redis.url });

  for (const [, functionOf, data, about] of everyEvent) assert.equal(functionOf(brain)(data, about), true);

  await client.see(({ event }) => event === 'command:done');
  const arrived = client.messages.map(({ event, data }) => ({ event, data }));
  assert.deepEqual(
    arrived,
    everyEvent.map(([event, , data = {}]) => ({ event, data })),
  );
  const { events } = await relay.get('/api/v1/status');
  assert.deepEqual([events.received, events.accepted], [everyEvent.length, everyEvent.length]);
});

test('event of maximum size and depth is accepted', needsRelay, async (t) => {
  const redis = await startRedis(t);
  const relay = await startRelay(t, redis.url);
  const client = await relay.watch();
  const brain = open(t, { url: redis.url });
  let plan = [];
  while (brain.tasktree.planGenerated({ plan })) plan = [plan];
  let length = 262_144;
  while (!brain.tasktree.log({ message: 'x'.repeat(length) })) length--;
  brain.taskCreated({ taskId: 'ü'.repeat(128), runId: 'the last' });

  await client.see(({ data }) => data.runId === 'the last');
  assert.equal(client.messages.length, brain.last);
  assert.deepEqual(Object.keys(brain.counts().problems).sort(), ['too_deep', 'too_large']);
});

test('restart of Redis without a stream loses no event, or the client gets a gap for it', needsRelay, async (t) => {
  const redis = await startRedis(t);
  const relay = await startRelay(t, redis.url);
  const [plain, rich] = [await relay.watch(), await relay.watch('cecelia.v1')];
  const brain = open(t, { url: redis.url, ...patient });
  const say = (from, to) => {
    for (let n = from; n <= to; n++) brain.taskCreated({ taskId: `${n}` });
  };
  say(1, 50);
  await plain.see(isTask(50));

  say(51, 60);
  await redis.stop();
  say(61, 300);
  await redis.restart();
  say(301, 350);

  await Promise.all([plain.see(isTask(350)), rich.see(isTask(350))]);
  const reported = rich.all('relay:gap').flatMap(({ data }) => (data.cause === 'publisher_gap' ? numbers(data.fromSeq, data.toSeq) : []));
  const seen = rich.all('task:created').map(({ data }) => Number(data.taskId));
  assert.deepEqual(
    [...seen, ...reported].sort((a, b) => a - b),
    numbers(1, 350),
  );
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => a - b),
  );
  assert.deepEqual(
    plain.all('task:created').map(({ data }) => Number(data.taskId)),
    seen,
  );
  assert.deepEqual(
    seen.filter((n) => n > 60),
    numbers(61, 350),
    'what waited for Redis waited for the relay too',
  );
  assert.ok(rich.all('relay:gap').some(({ data }) => data.cause === 'redis_lost'));
});

test('restart of Redis with a stream loses nothing', needsRelay, async (t) => {
  const redis = await startRedis(t, ['--appendonly', 'yes', '--appendfsync', 'always']);
  const stream = 'cecelia:stream';
  // The stream is older than the outage, so it reaches back to before it.
  await (await redis.connect()).xadd(stream, '1-1', 'p', '');
  const relay = await startRelay(t, redis.url, { CECELIA_STREAM_KEY: stream });
  const [plain, rich] = [await relay.watch(), await relay.watch('cecelia.v1')];
  const brain = open(t, { url: redis.url, stream });
  const say = (from, to) => {
    for (let n = from; n <= to; n++) brain.taskCreated({ taskId: `${n}` });
  };
  say(1, 50);
  await plain.see(isTask(50));

  say(51, 60);
  await redis.stop();
  say(61, 300);
  await redis.restart();
  say(301, 350);

  await Promise.all([plain.see(isTask(350)), rich.see(isTask(350))]);
  for (const client of [plain, rich])
    assert.deepEqual(
      client.all('task:created').map(({ data }) => Number(data.taskId)),
      numbers(1, 350),
    );
  assert.deepEqual(rich.all('relay:gap'), []);
});

test('client gets a gap with exactly the events dropped while Redis was unavailable', needsRelay, async (t) => {
  const redis = await startRedis(t);
  const relay = await startRelay(t, redis.url);
  const rich = await relay.watch('cecelia.v1');
  const dropped = [];
  const brain = open(t, {
    url: redis.url,
    ...patient,
    maxBufferedEvents: 20,
    onProblem: ({ reason, seq }) => reason.startsWith('dropped') && dropped.push(seq),
  });
  brain.taskCreated({ taskId: 't1' });
  await rich.see(({ event }) => event === 'task:created');
  await until(
    async () => brain.counts().buffered === 0,
    () => 'it was published',
  );

  await redis.stop();
  for (let progress = 1; progress <= 100; progress++) brain.taskProgress({ taskId: 't1', progress });
  brain.taskCompleted({ taskId: 't1' });
  await redis.restart();

  await rich.see(({ event }) => event === 'task:completed');
  const reported = rich.all('relay:gap').flatMap(({ data }) => (data.cause === 'publisher_gap' ? numbers(data.fromSeq, data.toSeq) : []));
  assert.equal(dropped.length, 81);
  assert.deepEqual(reported, dropped);
});

test('Brain that starts while Redis is unavailable reports every loss at the beginning', needsRelay, async (t) => {
  const redis = await startRedis(t);
  const relay = await startRelay(t, redis.url);
  const rich = await relay.watch('cecelia.v1');
  await redis.stop();
  const brain = open(t, { url: redis.url, ...patient, maxBufferedEvents: 10 });
  for (let n = 1; n <= 50; n++) brain.taskCreated({ taskId: `${n}` });
  await redis.restart();

  await rich.see(isTask(50));
  const reported = rich
    .all('relay:gap')
    .filter(({ data }) => data.cause === 'publisher_gap')
    .map(({ data }) => [data.fromSeq, data.toSeq]);
  assert.deepEqual(reported, [[2, 41]]);
});

function open(t, options) {
  const brain = createTaskEvents({ onProblem: () => {}, ...options });
  t.after(() => brain.close({ timeoutMs: 0 }));
  return brain;
}

function isTask(n) {
  return ({ event, data }) => event === 'task:created' && data.taskId === `${n}`;
}

function numbers(from, to) {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
