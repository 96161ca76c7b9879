import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPublisher, EventRefusedError, PublishFailedError } from '../publisher.js';
import { limits } from './programs.js';
import { startRedis } from './real-redis.js';
import { refusedEvents } from './refused-events.js';

const CHANNEL = 'cecelia:events';

test('events have source and number and arrive in the order of the calls', limits, async (t) => {
  const redis = await startRedis(t);
  const subscriber = await redis.subscribe(CHANNEL);
  const brain = createPublisher({ redis: await redis.connect(), source: 'brain' });

  const receivers = await Promise.all(count(500).map((n) => brain.publish({ event: 'x', data: { n } })));

  const events = (await subscriber.take(500)).map(JSON.parse);
  assert.match(brain.source, /^brain-[0-9a-f]{8}$/);
  assert.equal(brain.last, 500);
  assert.deepEqual(
    events.map(({ timestamp, ...rest }) => rest),
    count(500).map((n) => ({ source: brain.source, seq: n, event: 'x', data: { n } })),
  );
  assert.deepEqual(new Set(receivers), new Set([1]));
});

test('traceparent is published as given', limits, async (t) => {
  const redis = await startRedis(t);
  const subscriber = await redis.subscribe(CHANNEL);
  const brain = createPublisher({ redis: await redis.connect(), source: 'brain' });
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

  await brain.publish({ event: 'x', traceparent });

  assert.equal(JSON.parse((await subscriber.take(1))[0]).traceparent, traceparent);
});

test('stream has the same bytes in the same order, with several publishers at once', limits, async (t) => {
  const redis = await startRedis(t);
  const subscriber = await redis.subscribe('other');
  const admin = await redis.connect();
  const options = { channel: 'other', stream: 'kept' };
  const one = createPublisher({ redis: await redis.connect(), source: 'one', ...options });
  const two = createPublisher({ redis: await redis.connect(), source: 'two', ...options });

  const receivers = await Promise.all(count(300).map((n) => (n % 2 ? one : two).publish({ type: 'x', data: { text: `ü "${n}"` } })));

  const entries = await admin.xrange('kept', '-', '+');
  assert.deepEqual(
    entries.map(([, fields]) => fields),
    (await subscriber.take(300)).map((payload) => ['p', payload]),
  );
  const events = entries.map(([, [, payload]]) => JSON.parse(payload));
  for (const { source } of [one, two])
    assert.deepEqual(
      events.filter((event) => event.source === source).map(({ seq }) => seq),
      count(150),
    );
  assert.deepEqual(new Set(receivers), new Set([1]));
});

test('stream keeps approximately the configured number of entries', limits, async (t) => {
  const redis = await startRedis(t);
  const client = await redis.connect();
  const brain = createPublisher({ redis: client, source: 'brain', stream: 'kept', maxEntries: 200 });

  await Promise.all(count(1000).map(() => brain.publish({ event: 'x' })));

  const length = await client.xlen('kept');
  assert.ok(length >= 200 && length < 400, `${length} entries`);
});

test('event is not modified, and is read before publish returns', limits, async (t) => {
  const redis = await startRedis(t);
  const subscriber = await redis.subscribe(CHANNEL);
  const brain = createPublisher({ redis: await redis.connect(), source: 'w"ü' });
  const before = Date.now();
  const event = {
    type: 'task_updated',
    data: { seq: 7, source: 'inner' },
    timestamp: '2026-02-06T08:30:00.000Z',
    project_id: 12,
    execution_id: 'e',
    node_id: 'n',
    id: 'i',
  };
  const published = { ...event, data: { ...event.data } };

  const publication = brain.publish(published);
  published.data.seq = 8;
  await publication;
  await brain.publish({ event: 'task:created', timestamp: new Date(0), project_id: null });
  await brain.publish({ type: 'status', execution_id: 'e', progress: 50 });

  const [first, second, third] = (await subscriber.take(3)).map(JSON.parse);
  assert.deepEqual(first, { ...event, source: brain.source, seq: 1 });
  assert.equal(second.timestamp, '1970-01-01T00:00:00.000Z');
  assert.equal(third.progress, 50);
  assert.match(third.timestamp, /Z$/);
  assert.ok(Date.parse(third.timestamp) >= before && Date.parse(third.timestamp) <= Date.now());
});

test('publish without a subscriber succeeds', limits, async (t) => {
  const redis = await startRedis(t);

  assert.equal(await createPublisher({ redis: await redis.connect(), source: 'brain' }).publish({ event: 'x' }), 0);
});

test('envelope that the relay would refuse is refused with its reason and uses no number', limits, async (t) => {
  const redis = await startRedis(t);
  const client = await redis.connect();
  const brain = createPublisher({ redis: client, source: 'brain', stream: 'kept' });
  const circle = {};
  circle.self = circle;
  const wrong = [
    ...refusedEvents,
    // Values that JSON cannot express, and values that only the publisher refuses.
    ['not_an_object', undefined],
    ['bad_timestamp', { event: 'x', timestamp: new Date(NaN) }],
    ['not_json', { event: 'x', data: circle }],
    ['not_json', { event: 'x', data: { n: 1n } }],
    ['already_numbered', { event: 'x', seq: 1 }],
    ['already_numbered', { event: 'x', source: null }],
  ];

  for (const [reason, event] of wrong) {
    await assert.rejects(brain.publish(event), (error) => error instanceof EventRefusedError && error.reason === reason, reason);
  }

  assert.equal(brain.last, 0);
  assert.equal(await client.exists('kept'), 0);
});

test('publication that Redis does not permit uses its number, reports the reason, and is not stored', limits, async (t) => {
  const redis = await startRedis(t);
  const admin = await redis.connect();
  const plain = createPublisher({ redis: await redis.connect(), source: 'plain' });
  const kept = createPublisher({ redis: await redis.connect(), source: 'kept', stream: 'kept' });
  await admin.acl('SETUSER', 'default', '-publish');

  for (const publisher of [plain, kept]) await assert.rejects(publisher.publish({ event: 'x' }), isFailure(1, /NOPERM.*publish/));

  assert.equal(await admin.exists('kept'), 0);
  await admin.acl('SETUSER', 'default', '+publish');
  await kept.publish({ event: 'x' });
  const [[, [, payload]]] = await admin.xrange('kept', '-', '+');
  assert.equal(JSON.parse(payload).seq, 2);
});

test('publication that the stream rejects is reported as published', limits, async (t) => {
  const redis = await startRedis(t);
  const subscriber = await redis.subscribe(CHANNEL);
  const client = await redis.connect();
  await client.set('text', '');
  const brain = createPublisher({ redis: client, source: 'brain', stream: 'text' });

  await assert.rejects(brain.publish({ event: 'x' }), isFailure(1, /published, but not stored in text: WRONGTYPE/));

  assert.equal(JSON.parse((await subscriber.take(1))[0]).seq, 1);
});

test('publication on a closed connection uses its number, and the next one has the next number', limits, async (t) => {
  const redis = await startRedis(t);
  const subscriber = await redis.subscribe(CHANNEL);
  const client = await redis.connect();
  const brain = createPublisher({ redis: client, source: 'brain', stream: 'kept' });
  await brain.publish({ event: 'x' });

  client.disconnect();
  await assert.rejects(brain.publish({ event: 'x' }), isFailure(2, /closed/i));

  await client.connect();
  await brain.publish({ event: 'x' });
  assert.deepEqual(
    (await subscriber.take(2)).map((payload) => JSON.parse(payload).seq),
    [1, 3],
  );
});

test('each publisher has a different source', limits, async (t) => {
  const redis = await (await startRedis(t)).connect();

  assert.notEqual(createPublisher({ redis, source: 'brain' }).source, createPublisher({ redis, source: 'brain' }).source);
});

test('invalid options are refused before anything is published', limits, async (t) => {
  const redis = await (await startRedis(t)).connect();
  const wrong = [
    [{ redis: undefined }, /ioredis/],
    [{ redis: { publish() {}, xAdd() {} } }, /ioredis/],
    [{ source: undefined }, /source/],
    [{ source: '' }, /source/],
    [{ source: 'ü'.repeat(101) }, /source/],
    [{ channel: '' }, /channel/],
    [{ stream: '' }, /stream/],
    [{ stream: null }, /stream/],
    [{ maxEntries: 0 }, /maxEntries/],
    [{ maxEntries: '100' }, /maxEntries/],
  ];

  for (const [options, words] of wrong)
    assert.throws(() => createPublisher({ redis, source: 'brain', ...options }), { name: 'TypeError', message: words });
});

function count(to) {
  return Array.from({ length: to }, (_, index) => index + 1);
}

function isFailure(seq, words) {
  return (error) => {
    assert.ok(error instanceof PublishFailedError, error.stack);
    assert.equal(error.seq, seq);
    assert.match(error.message, words);
    return true;
  };
}
