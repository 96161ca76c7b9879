import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { freePort, limits, until, within } from './programs.js';
import { startRedis } from './real-redis.js';
import { open, numberOf, withoutRepeats, count } from './open-task-events.js';

const CHANNEL = 'cecelia:events';

test('unavailable Redis does not block the caller; waiting events are published in order afterwards', limits, async (t) => {
  const redis = await startRedis(t);
  await redis.stop();
  const reported = [];
  const brain = open(t, { url: redis.url, onProblem: ({ reason }) => reported.push(reason) });
  for (let n = 1; n <= 500; n++) assert.equal(brain.tasktree.notification({ n }), true);
  await until(
    async () => reported.length > 1,
    () => reported.join(),
  );

  await redis.restart();
  const subscriber = await redis.subscribe(CHANNEL);

  assert.deepEqual((await subscriber.take(500)).map(numberOf), count(500));
  assert.deepEqual(new Set(reported), new Set(['redis_lost']));
  assert.equal(brain.isConnected, true);
});

test('full buffer drops the oldest steps first, counts them, and leaves their numbers out', limits, async (t) => {
  const redis = await startRedis(t);
  await redis.stop();
  const reported = [];
  const brain = open(t, { url: redis.url, maxBufferedEvents: 100, onProblem: (problem) => reported.push(problem) });
  for (let n = 1; n <= 100; n++) brain.taskProgress({ taskId: 't1', progress: n });
  for (let n = 1; n <= 110; n++) brain.taskCompleted({ taskId: 't1', status: 'completed', n });

  assert.deepEqual([brain.counts().buffered, brain.counts().numbered], [100, 210]);
  assert.deepEqual(
    reported.filter(({ reason }) => reason === 'dropped_step').map(({ seq }) => seq),
    count(99).map((n) => n + 1),
  );
  assert.deepEqual(
    reported.filter(({ reason }) => reason === 'dropped_event').map(({ seq }) => seq),
    count(11).map((n) => 100 + n),
  );
  assert.deepEqual([brain.counts().problems.dropped_step, brain.counts().problems.dropped_event], [99, 11]);

  await redis.restart();
  const subscriber = await redis.subscribe(CHANNEL);
  // The first event, from which a relay counts, was published.
  assert.deepEqual((await subscriber.take(100)).map(numberOf), [1, ...count(99).map((n) => 111 + n)]);
});

test('buffer is bounded in bytes', limits, async (t) => {
  const brain = open(t, { url: `redis://127.0.0.1:${await freePort()}`, maxEventBytes: 10_000, maxBufferedBytes: 50_000 });

  for (let n = 0; n < 100; n++) brain.tasktree.notification({ message: 'x'.repeat(5000) });

  const { buffered, bufferedBytes, problems } = brain.counts();
  assert.ok(bufferedBytes <= 50_000 && bufferedBytes > 44_000, `${bufferedBytes}`);
  assert.equal(buffered + problems.dropped_event, 100);
});

for (const stream of [undefined, 'kept']) {
  test(`repeated disconnects ${stream ? 'with a stream' : 'without a stream'} lose no event and keep the order`, limits, async (t) => {
    const redis = await startRedis(t);
    const subscriber = await redis.subscribe(CHANNEL);
    const admin = await redis.connect();
    const brain = open(t, { url: redis.url, stream, maxEntries: 100_000 });
    let cuts = 0;
    for (let n = 1; n <= 4000; n++) {
      brain.taskCreated({ taskId: `${n}` });
      if (n % 40 === 0) await new Promise(setImmediate);
      if (n % 400 > 0) continue;
      // While a batch is in flight.
      cuts += await admin.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await until(
        async () => brain.isConnected,
        () => JSON.stringify(brain.counts()),
      );
    }

    assert.deepEqual(await brain.close(), { unsent: 0 });
    const { published, repeated } = brain.counts();
    const payloads = await subscriber.take(published);
    // If there were duplicates, the last event may still be in transit.
    while (!payloads.some((payload) => numberOf(payload) === 4000)) payloads.push(...(await subscriber.take(1)));
    t.diagnostic(`${cuts} connections cut, ${repeated} events repeated`);
    assert.ok(cuts >= 3, `${cuts}`);
    assert.equal(published, 4000);
    // A subscriber that drops duplicates, as a relay does, has each event once and in order.
    const seen = payloads.concat(subscriber.rest()).map(numberOf);
    assert.ok(seen.length <= 4000 + repeated, `${seen.length} came, with ${repeated} repeated`);
    assert.deepEqual(withoutRepeats(seen), count(4000));
    if (stream)
      assert.deepEqual(withoutRepeats((await admin.xrange(stream, '-', '+')).map(([, [, payload]]) => numberOf(payload))), count(4000));
  });
}

test('Redis that stops responding is disconnected; the batch in flight is sent again with the same numbers', limits, async (t) => {
  const redis = await startRedis(t);
  const subscriber = await redis.subscribe(CHANNEL);
  const brain = open(t, { url: redis.url });
  brain.taskCreated({ taskId: 't1' });
  assert.deepEqual((await subscriber.take(1)).map(numberOf), [1]);

  redis.signal('SIGSTOP');
  brain.taskStarted({ taskId: 't1' });
  await until(
    async () => brain.counts().problems.redis_lost > 0,
    () => JSON.stringify(brain.counts()),
  );
  brain.taskCompleted({ taskId: 't1' });
  redis.signal('SIGCONT');

  await until(
    async () => brain.counts().published === 3,
    () => JSON.stringify(brain.counts()),
  );
  assert.equal(brain.counts().repeated, 1);
  const seen = [];
  while (!seen.includes(3)) seen.push(...(await subscriber.take(1)).map(numberOf));
  assert.deepEqual(withoutRepeats(seen), [2, 3]);
});

test('read-only Redis gets the events as soon as it is writable', limits, async (t) => {
  const redis = await startRedis(t);
  const subscriber = await redis.subscribe(CHANNEL);
  const admin = await redis.connect();
  const reported = [];
  const brain = open(t, { url: redis.url, stream: 'kept', onProblem: (problem) => reported.push(problem) });
  await until(
    async () => brain.isConnected,
    () => reported.join(),
  );
  await admin.replicaof('127.0.0.1', await freePort());

  for (let n = 0; n < 10; n++) assert.equal(brain.taskCreated({ n }), true);
  await until(
    async () => reported.some(({ reason, detail }) => reason === 'redis_refused' && detail.includes('READONLY')),
    () => JSON.stringify(reported),
  );
  assert.equal(brain.counts().published, 0);

  await admin.replicaof('NO', 'ONE');
  assert.deepEqual((await subscriber.take(10)).map(numberOf), count(10));
  assert.equal(await admin.xlen('kept'), 10);
});

test('events that Redis does not permit are held until it does', limits, async (t) => {
  const redis = await startRedis(t);
  const subscriber = await redis.subscribe(CHANNEL);
  const admin = await redis.connect();
  const brain = open(t, { url: redis.url });
  await admin.acl('SETUSER', 'default', '-publish');

  for (let n = 0; n < 10; n++) brain.taskCreated({ n });
  await until(
    async () => brain.counts().problems.redis_refused > 0,
    () => JSON.stringify(brain.counts()),
  );
  await admin.acl('SETUSER', 'default', '+publish');

  assert.deepEqual((await subscriber.take(10)).map(numberOf), count(10));
  assert.equal(brain.counts().repeated, 0);
});

test('event that the stream rejects is published and counted', limits, async (t) => {
  const redis = await startRedis(t);
  const subscriber = await redis.subscribe(CHANNEL);
  await (await redis.connect()).set('text', '');
  const reported = [];
  const brain = open(t, { url: redis.url, stream: 'text', onProblem: (problem) => reported.push(problem) });

  brain.taskCreated({});
  brain.taskStarted({});

  assert.deepEqual((await subscriber.take(2)).map(numberOf), [1, 2]);
  await until(
    async () => brain.counts().published === 2,
    () => JSON.stringify(brain.counts()),
  );
  assert.deepEqual(
    reported.map(({ reason, detail }) => [reason, detail.split(' ')[0]]),
    [
      ['not_kept', 'WRONGTYPE'],
      ['not_kept', 'WRONGTYPE'],
    ],
  );
});

test('after a connect events wait for a subscriber, for a limited time', limits, async (t) => {
  const redis = await startRedis(t);
  const early = open(t, { url: redis.url, subscriberWaitMs: 60_000 });
  const alone = open(t, { url: redis.url, subscriberWaitMs: 0 });
  for (let n = 0; n < 3; n++) early.taskCreated({ n });
  alone.taskCreated({});
  await until(
    async () => alone.counts().published === 1,
    () => 'the one that does not wait',
  );

  const subscriber = await redis.subscribe(CHANNEL);
  assert.deepEqual(withoutRepeats((await subscriber.take(3)).map(numberOf)), [1, 2, 3]);
  await until(
    async () => early.counts().published === 3,
    () => JSON.stringify(early.counts()),
  );

  await subscriber.leave();
  early.taskCreated({});
  const returned = await redis.subscribe(CHANNEL);
  assert.deepEqual(withoutRepeats((await returned.take(1)).map(numberOf)), [4]);
});

test('close publishes waiting events, accepts no more, and returns the number of unsent ones', limits, async (t) => {
  const redis = await startRedis(t);
  const subscriber = await redis.subscribe(CHANNEL);
  const brain = open(t, { url: redis.url });
  for (let n = 0; n < 1000; n++) brain.taskCreated({ n });

  assert.deepEqual(await brain.close(), { unsent: 0 });

  assert.deepEqual((await subscriber.take(1000)).map(numberOf), count(1000));
  assert.equal(brain.isConnected, false);

  const reported = [];
  const lost = open(t, { url: `redis://127.0.0.1:${await freePort()}`, onProblem: ({ reason }) => reported.push(reason) });
  lost.taskCreated({});
  lost.taskCreated({});
  assert.deepEqual(await within(lost.close({ timeoutMs: 200 }), () => 'close'), { unsent: 2 });
  assert.equal(reported.at(-1), 'unsent');
});

test('close completes while a peer accepts connections and does not respond', limits, async (t) => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.after(() => silent.close());
  const brain = open(t, { url: `redis://127.0.0.1:${silent.address().port}` });
  brain.taskCreated({});

  assert.deepEqual(await within(brain.close({ timeoutMs: 100 }), () => 'close'), { unsent: 1 });
});
