import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTaskEvents } from '../taskEvents.js';
import { freePort, limits, until } from './programs.js';
import { startRedis } from './real-redis.js';

const STREAM = '{cecelia:events}:stream';

test('events go in order to the Redis Cluster node that has the stream, and follow it to another node', limits, async (t) => {
  const [first, second] = [await startNode(t), await startNode(t)];
  const [atFirst, atSecond] = [await first.connect(), await second.connect()];
  const busPort = Number((await atSecond.config('GET', 'cluster-port'))[1]);
  await atSecond.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16383);
  await atFirst.call('CLUSTER', 'MEET', '127.0.0.1', second.port, busPort);
  await until(
    async () => /MOVED/.test(await answer(atFirst.exists(STREAM))),
    () => 'the first node does not know the second',
  );
  // On a busy machine a node may still refuse commands with CLUSTERDOWN.
  for (const node of [atFirst, atSecond]) {
    await until(
      async () => /cluster_state:ok/.test(await node.cluster('INFO')),
      () => 'the cluster is not available',
    );
  }
  const problems = [];
  const brain = createTaskEvents({ url: first.url, stream: STREAM, onProblem: (problem) => problems.push(problem) });
  t.after(() => brain.close({ timeoutMs: 0 }));

  for (let n = 1; n <= 3; n++) brain.taskCreated({ taskId: `t${n}` });
  await until(
    async () => (await answer(atSecond.xlen(STREAM))) === 3,
    () => JSON.stringify({ problems, counts: brain.counts() }),
  );
  const entries = await atSecond.xrange(STREAM, '-', '+');
  await move(STREAM, { from: atSecond, to: atFirst, port: first.port });
  for (let n = 4; n <= 6; n++) brain.taskCreated({ taskId: `t${n}` });
  await until(
    async () => (await answer(atFirst.xlen(STREAM))) === 6,
    () => JSON.stringify({ problems, counts: brain.counts() }),
  );

  entries.push(...(await atFirst.xrange(STREAM, entries.at(-1)[0], '+')).slice(1));
  assert.deepEqual(
    entries.map(([, [, payload]]) => JSON.parse(payload).seq),
    [1, 2, 3, 4, 5, 6],
  );
  assert.deepEqual(problems, []);
});

async function startNode(t) {
  return startRedis(t, ['--cluster-enabled', 'yes', '--cluster-port', `${await freePort()}`]);
}

async function move(key, { from, to, port }) {
  const slot = await from.call('CLUSTER', 'KEYSLOT', key);
  const [source, target] = [await from.call('CLUSTER', 'MYID'), await to.call('CLUSTER', 'MYID')];
  await to.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', source);
  await from.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', target);
  await from.call('MIGRATE', '127.0.0.1', port, key, 0, 5000);
  for (const node of [to, from]) await node.call('CLUSTER', 'SETSLOT', slot, 'NODE', target);
}

/** The message of an error. */
const answer = (promise) => promise.catch((error) => error.message);
