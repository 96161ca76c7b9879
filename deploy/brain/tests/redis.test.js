import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Redis } from 'ioredis';
import { redisOptions } from '../redis.js';
import { freePort, limits, startProgram, until } from './programs.js';
import { startBrain } from './real-brain.js';
import { startRedis } from './real-redis.js';

test('URL without Sentinels contains one server', () => {
  assert.deepEqual(redisOptions({ url: 'redis://127.0.0.1' }), {
    options: { db: 0, host: '127.0.0.1', port: 6379 },
    place: '127.0.0.1:6379',
  });
  assert.deepEqual(redisOptions({ url: 'rediss://anna:p%40s@[::1]:7/3' }).options, {
    db: 3,
    username: 'anna',
    password: 'p@s',
    host: '::1',
    port: 7,
    tls: {},
  });
});

test('separate password is used if the URL has none', () => {
  assert.deepEqual(redisOptions({ url: 'redis://anna@a', password: 'p%40' }).options, {
    db: 0,
    username: 'anna',
    password: 'p%40',
    host: 'a',
    port: 6379,
  });
  assert.throws(() => redisOptions({ url: 'redis://:word@a', password: 'other' }), /give one of them/);
});

test('hosts of the URL are Sentinels if a master is given', () => {
  const { options, place } = redisOptions({ url: 'redis://:word@a,b:7/2', master: 'mymaster', sentinelPassword: 'other' });
  assert.deepEqual(options, {
    db: 2,
    password: 'word',
    sentinels: [
      { host: 'a', port: 26_379 },
      { host: 'b', port: 7 },
    ],
    name: 'mymaster',
    failoverDetector: true,
    sentinelPassword: 'other',
  });
  assert.equal(place, 'the master mymaster of the Sentinels a:26379,b:7');
});

test('invalid URL is refused', () => {
  for (const text of ['nowhere', 'redis://', 'redis://a,b', 'http://a', 'redis://a/b'])
    assert.throws(() => redisOptions({ url: text }), /CECELIA_REDIS_URL/, text);
});

/** The old primary keeps its role and its connections, as it does for some seconds until a Sentinel reconfigures it. */
test('Brain follows a failover that a Sentinel announces', limits, async (t) => {
  const primary = await startRedis(t);
  const replica = await startRedis(t, ['--replicaof', '127.0.0.1', `${primary.port}`, '--repl-diskless-sync-delay', '0']);
  const old = await primary.connect();
  const next = await replica.connect();
  const sentinel = await startSentinel(t, primary.port);
  const events = await replica.subscribe('cecelia:events');
  const brain = await startBrain(t, `redis://127.0.0.1:${sentinel.options.port}`, { CECELIA_REDIS_SENTINEL: 'mymaster' });
  await until(async () => (await old.pubsub('NUMSUB', 'cecelia:commands'))[1] > 0, brain.output);
  await until(async () => (await sentinel.call('INFO', 'sentinel')).includes('slaves=1'), brain.output);
  await old.call('ACL', 'SETUSER', 'default', '-slaveof', '-replicaof');
  await until(async () => (await sentinel.call('SENTINEL', 'FAILOVER', 'mymaster').catch(() => '')) === 'OK', brain.output);

  await until(async () => (await next.pubsub('NUMSUB', 'cecelia:commands'))[1] > 0, brain.output);
  assert.equal((await old.call('ROLE'))[0], 'master');
  events.rest();
  // The publisher has its own connection, which may be a moment behind.
  let posts = 0;
  await until(async () => {
    if (posts++ % 20 === 0) await brain.post({ program: 'word-count', input: { words: 100 } });
    return events.rest().some((payload) => payload.includes('task:created'));
  }, brain.output);
});

/** A single Sentinel with a quorum of one. */
async function startSentinel(test, port) {
  const directory = await mkdtemp(join(tmpdir(), 'brain-sentinel-'));
  const own = await freePort();
  const file = join(directory, 'sentinel.conf');
  await writeFile(file, `bind 127.0.0.1\nport ${own}\nprotected-mode no\nsentinel monitor mymaster 127.0.0.1 ${port} 1\n`);
  startProgram(test, 'redis-server', [file, '--sentinel']);
  test.after(() => rm(directory, { recursive: true }));
  const client = new Redis(own, '127.0.0.1', { retryStrategy: () => 20, enableReadyCheck: false });
  test.after(() => client.disconnect());
  client.on('error', () => {}); // Refused until it listens.
  await until(
    async () => (await client.ping()) === 'PONG',
    () => 'no Sentinel',
  );
  return client;
}
