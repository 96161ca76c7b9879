import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createTaskEvents } from '../taskEvents.js';
import { everyEvent, functionsOf } from './every-event.js';
import { freePort, limits, until, within } from './programs.js';
import { startRedis } from './real-redis.js';
import { open, nested, count } from './open-task-events.js';

const CHANNEL = 'cecelia:events';

test('each event of every format is published, numbered, in the order of the calls', limits, async (t) => {
  const redis = await startRedis(t);
  const subscriber = await redis.subscribe(CHANNEL);
  const brain = open(t, { redis: await redis.connect() });

  const taken = everyEvent.map(([, functionOf, data, about]) => functionOf(brain)(data, about));

  assert.deepEqual(
    taken,
    everyEvent.map(() => true),
  );
  const published = (await subscriber.take(everyEvent.length)).map(JSON.parse);
  const expected = everyEvent.map(([event, , data = {}, about], index) => ({
    source: brain.source,
    seq: index + 1,
    event,
    ...about,
    data,
  }));
  assert.deepEqual(
    published.map(({ timestamp, ...rest }) => rest),
    expected,
  );
  for (const { timestamp } of published) assert.match(timestamp, /^\d{4}-.*Z$/);
  assert.equal(
    new Set(everyEvent.map(([, functionOf]) => functionOf(brain))).size,
    functionsOf(brain).length,
    'a function has no event here',
  );
  await until(
    async () => brain.counts().buffered === 0,
    () => JSON.stringify(brain.counts()),
  );
  assert.deepEqual(brain.counts(), {
    numbered: everyEvent.length,
    published: everyEvent.length,
    repeated: 0,
    buffered: 0,
    bufferedBytes: 0,
    problems: {},
  });
});

test('each event in the schema has a function', () => {
  const { $defs } = JSON.parse(readFileSync(new URL('../events.schema.json', import.meta.url), 'utf8'));
  const known = Object.keys($defs).filter((name) => $defs[name].properties?.event?.const === name);
  const called = new Set(everyEvent.map(([event]) => event));

  assert.ok(known.length > 20);
  assert.deepEqual(
    known.filter((name) => !called.has(name)),
    [],
  );
});

test('event that the relay would refuse is refused with its reason, uses no number, and affects no other event', limits, async (t) => {
  const redis = await startRedis(t);
  const subscriber = await redis.subscribe(CHANNEL);
  const reported = [];
  const brain = open(t, { url: redis.url, onProblem: (problem) => reported.push(problem) });
  const cyclic = {};
  cyclic.self = cyclic;
  const wrong = [
    ['bad_data', brain.taskCreated, { taskId: 7 }],
    ['bad_data', brain.taskCreated, { taskId: 'ü'.repeat(129) }],
    ['bad_data', brain.taskCreated, { taskId: 'half \ud800' }],
    ['bad_data', brain.taskCreated, { status: 'done' }],
    ['bad_data', brain.taskProgress, { progress: 100.1 }],
    ['bad_data', brain.taskProgress, { progress: -1 }],
    ['bad_data', brain.taskFailed, null],
    ['bad_data', brain.taskFailed, 'text'],
    ['bad_data', brain.taskFailed, []],
    ['bad_data', brain.executorStatus, { activeCount: 1.5 }],
    ['bad_data', brain.executorStatus, { availableSlots: -1 }],
    ['bad_data', brain.executorStatus, { availableSlots: '3' }],
    ['bad_data', brain.tasktree.taskCreated, { title: 1 }],
    ['bad_data', brain.tasktree.log, { message: {} }],
    ['bad_data', brain.execution.status, { status: 'paused' }],
    ['bad_data', brain.execution.status, { execution_id: [] }],
    ['bad_data', brain.workflow.tokenStream, { token: 1 }],
    ['bad_data', brain.workflow.tokenUsage, { total_tokens: 'many' }],
    ['bad_data', brain.workflow.nodeParallelStart, { node_ids: 'n1' }],
    ['not_json', brain.taskCreated, cyclic],
    ['not_json', brain.taskCreated, { n: 1n }],
    [
      'not_json',
      brain.taskCreated,
      {
        get taskId() {
          throw new Error('no');
        },
      },
    ],
    ['bad_field', brain.taskCreated, {}, { project_id: 1.5 }],
    ['bad_field', brain.taskCreated, {}, { node_id: 1 }],
    ['bad_field', brain.taskCreated, {}, { reply_to: {} }],
    ['bad_field', brain.taskCreated, {}, { execution_id: 'i'.repeat(257) }],
    ['bad_field', brain.taskCreated, {}, { projectId: 'p1' }],
    ['bad_field', brain.taskCreated, {}, { seq: 1 }],
    ['bad_field', brain.taskCreated, {}, 'p1'],
    ['bad_field', brain.taskCreated, {}, null],
    ['bad_timestamp', brain.taskCreated, {}, { timestamp: 'yesterday' }],
    ['bad_timestamp', brain.taskCreated, {}, { timestamp: '2026-02-30T00:00:00Z' }],
    ['bad_timestamp', brain.taskCreated, {}, { timestamp: new Date(NaN) }],
    ['too_large', brain.tasktree.log, { message: 'x'.repeat(262_144) }],
    ['too_deep', brain.tasktree.planGenerated, { plan: nested(63) }],
  ];

  for (const [reason, call, data, about] of wrong) {
    reported.length = 0;
    assert.equal(call(data, about), false, reason);
    assert.deepEqual(
      reported.map((problem) => problem.reason),
      [reason],
      JSON.stringify(reported),
    );
    assert.ok(reported[0].detail.length > 0 && reported[0].detail.length <= 300);
  }

  assert.equal(brain.last, 0);
  assert.equal(brain.tasktree.planGenerated({ plan: nested(62) }), true);
  assert.equal(JSON.parse((await subscriber.take(1))[0]).seq, 1);
  const counted = Object.values(brain.counts().problems).reduce((sum, count) => sum + count, 0);
  assert.equal(counted, wrong.length);
});

test('nothing is thrown, whatever the arguments', limits, async (t) => {
  const redis = await startRedis(t);
  await redis.subscribe(CHANNEL);
  const unhandled = [];
  const onUnhandled = (error) => unhandled.push(error);
  process.on('unhandledRejection', onUnhandled);
  t.after(() => process.removeListener('unhandledRejection', onUnhandled));
  const brains = [
    open(t, {
      url: redis.url,
      onProblem: () => {
        throw null;
      },
    }),
    open(t, {
      url: redis.url,
      onProblem: async () => {
        throw new Error('later');
      },
    }),
    open(t, {
      url: redis.url,
      onProblem: () => ({
        get then() {
          throw new Error('then');
        },
      }),
    }),
    open(t, { url: `redis://127.0.0.1:${await freePort()}`, onProblem: () => brains[3].taskCreated(1) }),
  ];
  const cyclic = [];
  cyclic.push(cyclic);
  const trap = () => {
    throw {
      toString() {
        throw new Error('toString');
      },
    };
  };
  const traps = new Proxy({}, { get: trap, ownKeys: trap, has: trap, getPrototypeOf: trap, getOwnPropertyDescriptor: trap });
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  const deep = nested(100_000);
  const garbage = [
    undefined,
    null,
    0,
    NaN,
    1n,
    '',
    'x',
    true,
    Symbol('x'),
    () => {},
    [],
    {},
    cyclic,
    traps,
    revoked,
    deep,
    new Map(),
    new Date(NaN),
    Object.create(null),
    { toJSON: trap },
    { toJSON: () => undefined },
    { data: traps },
    { timestamp: traps },
    { taskId: Symbol('x') },
    { timestamp: Symbol('x') },
    { taskId: traps },
    new Error('x'),
    globalThis,
    Buffer.alloc(10),
  ];

  for (const brain of brains) {
    for (const [name, call] of functionsOf(brain)) {
      for (const one of garbage) {
        for (const args of [[one], [one, one], [{}, one]]) assert.equal(typeof call(...args), 'boolean', name);
      }
    }
    brain.close({ timeoutMs: brain === brains[3] ? 100 : 30_000 }); // The first call counts.
    for (const options of garbage) brain.close(options);
    assert.equal(brain.taskCreated({}), false);
    assert.ok(brain.counts().problems.closed > 0);
  }

  for (const brain of brains.slice(0, 3)) assert.deepEqual(await brain.close(), { unsent: 0 });
  assert.ok((await brains[3].close()).unsent > 0);
  for (const options of garbage) assert.deepEqual(await within(open(t, { url: redis.url }).close(options), () => 'close'), { unsent: 0 });
  assert.deepEqual(unhandled, []);
});

test('without a callback problems are logged at a bounded rate', limits, async (t) => {
  const warn = t.mock.method(console, 'warn', () => {
    throw new Error('the log failed');
  });
  const brain = open(t, { url: `redis://127.0.0.1:${await freePort()}`, onProblem: undefined });

  for (let n = 0; n < 1000; n++) brain.taskCreated({ taskId: n });

  assert.equal(brain.counts().problems.bad_data, 1000);
  assert.equal(warn.mock.calls.filter(({ arguments: [line] }) => line.includes('bad_data')).length, 1);
});

test("caller's client is not modified, even if it subscribes", limits, async (t) => {
  const redis = await startRedis(t);
  const client = await redis.connect();
  const heard = [];
  client.on('message', (_, payload) => heard.push(payload));
  await client.subscribe(CHANNEL);
  const brain = open(t, { redis: client });

  brain.taskCreated({});
  await brain.close();

  assert.equal(client.status, 'ready');
  await until(
    async () => heard.length === 1,
    () => heard.join(),
  );
});

test('invalid options are refused at once', () => {
  const wrong = [
    [{}, /redis or url/],
    [{ url: 'redis://x', redis: { duplicate() {} } }, /redis or url/],
    [{ redis: {} }, /ioredis/],
    [{ url: '' }, /url/],
    [{ url: 'redis://x', source: '' }, /source/],
    [{ url: 'redis://x', source: 'ü'.repeat(101) }, /source/],
    [{ url: 'redis://x', channel: '' }, /channel/],
    [{ url: 'redis://x', stream: '' }, /stream/],
    [{ url: 'redis://x', maxEntries: 0 }, /maxEntries/],
    [{ url: 'redis://x', maxBufferedEvents: 0 }, /maxBufferedEvents/],
    [{ url: 'redis://x', maxBufferedEvents: '1' }, /maxBufferedEvents/],
    [{ url: 'redis://x', maxBufferedBytes: 1000 }, /maxBufferedBytes/],
    [{ url: 'redis://x', subscriberWaitMs: -1 }, /subscriberWaitMs/],
    [{ url: 'redis://x', resubscribeMs: 0.5 }, /resubscribeMs/],
    [{ url: 'redis://x', onProblem: 'log' }, /onProblem/],
  ];

  for (const [options, words] of wrong) assert.throws(() => createTaskEvents(options), { name: 'TypeError', message: words });
});
