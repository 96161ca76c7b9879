import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort, limits, until, within } from './programs.js';
import { isAlive, startBrain } from './real-brain.js';
import { startRedis } from './real-redis.js';
import { needsRelay, startRelay } from './real-relay.js';
import { collect, start } from './brain-with-redis.js';

test('all changes of five tasks created at once reach two clients', needsRelay, async (t) => {
  const redis = await startRedis(t);
  const relay = await startRelay(t, redis.url);
  const clients = [await relay.watch(), await relay.watch()];
  const brain = await startBrain(t, redis.url, { BRAIN_SLOTS: '2' });

  const made = await Promise.all(
    Array.from({ length: 5 }, (_, n) => brain.post({ program: 'primes', input: { limit: 1_000_000 }, title: `number ${n}` })),
  );

  assert.deepEqual(
    made.map(({ status }) => status),
    [201, 201, 201, 201, 201],
  );
  for (const client of clients) {
    for (const { body } of made) {
      await client.see(({ event, data }) => event === 'task:completed' && data.taskId === body.id);
      const changes = client.messages.filter(({ event, data }) => event.startsWith('task:') && data.taskId === body.id);
      const names = changes.map(({ event }) => event);
      assert.deepEqual([names[0], names[1], names.at(-1)], ['task:created', 'task:started', 'task:completed']);
      assert.deepEqual(new Set(names.slice(2, -1)), new Set(['task:progress']));
      const progress = changes.map(({ data }) => data.progress);
      assert.deepEqual(
        progress,
        progress.toSorted((a, b) => a - b),
      );
      assert.equal(progress.at(-1), 100);
    }
    await client.see(({ event, data }) => event === 'executor:status' && data.activeCount === 0 && client.messages.length > 50);
    assert.deepEqual(new Set(client.all('executor:status').map(({ data }) => data.activeCount + data.availableSlots)), new Set([2]));
  }
  assert.deepEqual(clients[0].messages.slice(-50), clients[1].messages.slice(-50));
  const { body } = await brain.ask(`/tasks/${made[0].body.id}`);
  assert.deepEqual(body.result, { limit: 1_000_000, primes: 78_498, largest: 999_983 });
  const { tasks } = await relay.get('/api/v1/state');
  assert.deepEqual(
    tasks.map(({ status }) => status),
    Array(5).fill('completed'),
  );
  assert.deepEqual((await brain.ask('/healthz')).body.events.problems, {});
  assert.equal((await relay.get('/api/v1/refused')).kept.length, 0);
});

test('conversation is published in every format', limits, async (t) => {
  const { events, brain } = await start(t);

  const { body: task } = await brain.post({ program: 'conversation', project_id: 'p1', input: { prompt: 'one two three' } });

  const all = await events.until(({ event }) => event === 'execution:completed');
  const names = new Set(all.map(({ event }) => event));
  for (const name of ['task:created', 'task:started', 'task:progress', 'task:completed', 'executor:status'])
    assert.ok(names.has(name), name);
  for (const name of [
    'task_created',
    'task_status_changed',
    'agent_spawned',
    'agent_status_update',
    'plan_generated',
    'coordination_update',
  ])
    assert.ok(names.has(name), name);
  for (const name of ['node_state_change', 'node:parallel_start', 'token_stream', 'token_usage']) assert.ok(names.has(name), name);
  const mine = all.filter(({ event }) => event !== 'executor:status');
  assert.deepEqual(new Set(mine.map(({ project_id }) => project_id)), new Set(['p1']));
  const execution = all.filter(({ event }) => event === 'status');
  assert.deepEqual([...new Set(execution.map(({ data }) => data.status))], ['pending', 'running', 'completed']);
  assert.deepEqual(new Set(execution.map(({ execution_id }) => execution_id)), new Set([task.runId]));
  assert.ok(execution.at(-1).data.execution_time > 0 && execution.at(-1).data.result.tokens > 0);
  const answer = all.filter(({ event, node_id }) => event === 'token_stream' && node_id === 'answer').map(({ data }) => data.token);
  assert.equal(answer.join(''), 'You said: one two three ');
  const states = all.filter(({ event }) => event === 'node_state_change').map(({ node_id, data }) => `${node_id} ${data.status}`);
  assert.deepEqual(states.slice(0, 2), ['plan running', 'plan completed']);
  assert.deepEqual(states.slice(2, 6).sort(), ['facts completed', 'facts running', 'style completed', 'style running']);
  assert.deepEqual(states.slice(6), ['answer running', 'answer completed']);
  assert.deepEqual(
    all.map(({ seq }) => seq),
    all.map((_, index) => index + 1),
  );
});

for (const [program, input, result] of [
  ['word-count', { words: 45_000 }, { words: 45_000, different: 24 }],
  ['hash', { megabytes: 1 }, { megabytes: 1, sha256: '30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58' }],
  ['primes', { limit: 2 }, { limit: 2, primes: 1, largest: 2 }],
  ['primes', { limit: 100_003 }, { limit: 100_003, primes: 9593, largest: 100_003 }],
]) {
  test(`${program} of ${JSON.stringify(input)} completes`, limits, async (t) => {
    const { brain } = await start(t);

    const { body } = await brain.post({ program, input });
    const ended = await brain.taskWhen(body.id, ({ status }) => status === 'completed' || status === 'failed');

    assert.equal(ended.error, undefined);
    assert.deepEqual({ ...ended.result, ...result }, ended.result);
  });
}

test('task whose program fails or is killed has failed with a reason', limits, async (t) => {
  const { events, brain } = await start(t);
  const wrong = await brain.post({ program: 'hash', input: { megabytes: 1, expected: 'no such hash' } });
  const long = await brain.post({ program: 'primes', input: { limit: 500_000_000 } });
  const { pid } = await brain.taskWhen(long.body.id, ({ pid }) => pid);

  process.kill(pid, 'SIGKILL');

  const all = await events.until(
    ({ event, data }, all) =>
      event === 'status' && data.status === 'failed' && all.filter(({ event }) => event === 'task:failed').length === 2,
  );
  const failed = Object.fromEntries(all.filter(({ event }) => event === 'task:failed').map(({ data }) => [data.taskId, data]));
  assert.equal(failed[long.body.id].error, 'ended by SIGKILL');
  assert.match(failed[wrong.body.id].error, /^the hash is 30e14955\S+, and not no such hash$/);
  assert.ok(all.some(({ event, data }) => event === 'notification' && data.message === 'ended by SIGKILL'));
  assert.equal((await brain.ask(`/tasks/${long.body.id}`)).body.status, 'failed');
});

test('shutdown leaves no child process and no running task', limits, async (t) => {
  const { events, brain, command } = await start(t, { BRAIN_SLOTS: '3' });
  const tasks = [];
  for (const wish of [
    { program: 'primes', input: { limit: 500_000_000 } },
    { program: 'conversation', input: { ask: true } },
    { program: 'primes', input: { limit: 500_000_000 } },
    { program: 'hash' },
  ])
    tasks.push((await brain.post(wish)).body);
  const pids = [];
  for (const { id } of tasks.slice(0, 3)) pids.push((await brain.taskWhen(id, ({ pid }) => pid)).pid);
  await command({ cmd: 'pause_session', data: { execution_id: tasks[2].runId } });

  brain.signal('SIGTERM');

  assert.equal(await within(brain.closed, brain.output), 0);
  assert.deepEqual(pids.filter(isAlive), []);
  const all = events.all();
  const failed = all.filter(({ event }) => event === 'task:failed').map(({ data }) => data);
  assert.deepEqual(failed.map(({ taskId }) => taskId).sort(), tasks.map(({ id }) => id).sort());
  for (const { error } of failed) assert.match(error, /^Brain was shut down/);
});

test('Brain that is killed leaves no running child process', limits, async (t) => {
  const { events, brain } = await start(t, { BRAIN_SLOTS: '2' });
  const pids = [];
  for (const wish of [
    { program: 'primes', input: { limit: 500_000_000 } },
    { program: 'conversation', input: { ask: true } },
  ]) {
    const { body } = await brain.post(wish);
    pids.push((await brain.taskWhen(body.id, ({ pid }) => pid)).pid);
  }
  // It writes no more output, so that a broken pipe does not end it.
  await events.until(({ event, data }) => event === 'node_state_change' && data.status === 'waiting');

  brain.signal('SIGKILL');

  await until(
    async () => !pids.some(isAlive),
    () => `${pids.filter(isAlive)} are alive`,
  );
});

test('tasks run while Redis is unavailable, and their events are published afterwards', limits, async (t) => {
  const { redis, brain } = await start(t);
  await redis.stop();
  const { body } = await brain.post({ program: 'hash', input: { megabytes: 1 } });
  await brain.taskWhen(body.id, ({ status }) => status === 'completed');
  const { status, body: health } = await brain.ask('/healthz');
  assert.deepEqual([status, health.redis], [200, false]);

  await redis.restart();
  const events = collect(await redis.subscribe('cecelia:events'));

  const all = await events.until(({ event }) => event === 'execution:completed');
  assert.deepEqual(
    all.filter(({ event }) => /^task:(?!progress)/.test(event)).map(({ event }) => event),
    ['task:created', 'task:started', 'task:completed'],
  );
  await until(async () => (await brain.ask('/healthz')).body.redis, brain.output);
});

test('invalid requests get a reason', limits, async (t) => {
  const { brain } = await start(t, { BRAIN_SLOTS: '1', BRAIN_QUEUE: '1' });
  const wrong = [
    [400, 'not_json', '{'],
    [400, 'not_an_object', '[]'],
    [400, 'not_an_object', 'null'],
    [400, 'unknown_program', '{}'],
    [400, 'unknown_program', '{"program":"../index"}'],
    [400, 'unknown_program', '{"program":"toString"}'],
    [400, 'unknown_field', '{"program":"hash","command":"ls"}'],
    [400, 'bad_input', '{"program":"hash","input":[]}'],
    [400, 'bad_input', '{"program":"hash","input":{"megabytes":0}}'],
    [400, 'bad_input', '{"program":"hash","input":{"megabytes":"1"}}'],
    [400, 'bad_input', '{"program":"hash","input":{"__proto__":1,"x":2}}'],
    [400, 'bad_input', '{"program":"conversation","input":{"prompt":""}}'],
    [400, 'bad_input', '{"program":"conversation","input":{"ask":1}}'],
    [400, 'bad_title', '{"program":"hash","title":""}'],
    [400, 'bad_project', `{"program":"hash","project_id":"${'ü'.repeat(129)}"}`],
    [413, 'too_large', `{"program":"hash","title":"${'x'.repeat(20_000)}"}`],
  ];
  for (const [status, reason, body] of wrong) {
    const answer = await brain.ask('/tasks', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
    assert.deepEqual([answer.status, answer.body.error], [status, reason], body.slice(0, 100));
    assert.ok(answer.body.message);
  }
  assert.deepEqual(await answerTo('/tasks', { method: 'POST', body: '{"program":"hash"}' }), [415, 'not_json']);
  assert.deepEqual(await answerTo('/tasks', { method: 'DELETE' }), [405, 'method_not_allowed']);
  assert.deepEqual(await answerTo('/healthz', { method: 'POST' }), [405, 'method_not_allowed']);
  assert.deepEqual(await answerTo('/tasks/none'), [404, 'not_found']);
  assert.deepEqual(await answerTo('/'), [404, 'not_found']);

  // One is running, one is waiting, and the third exceeds the queue.
  const running = { program: 'conversation', input: { ask: true } };
  const made = [await brain.post(running), await brain.post(running), await brain.post(running)];
  assert.deepEqual(
    made.map(({ status }) => status),
    [201, 201, 503],
  );
  assert.equal(made[2].body.error, 'queue_full');
  assert.equal(made[2].headers.get('retry-after'), '5');
  assert.equal(made[0].headers.get('location'), `/tasks/${made[0].body.id}`);
  const { body } = await brain.ask('/tasks');
  assert.deepEqual(
    body.tasks.map(({ id, status }) => [id, status]),
    [
      [made[1].body.id, 'queued'],
      [made[0].body.id, 'running'],
    ],
  );

  async function answerTo(path, options) {
    const { status, body } = await brain.ask(path, options);
    return [status, body.error];
  }
});

test('password of Redis is read from a file', async (t) => {
  const password = 's3cr%t/p@ss';
  const redis = await startRedis(t);
  const client = await redis.connect();
  await client.call('ACL', 'SETUSER', 'brain', 'on', `>${password}`, '~*', '&*', '+@all');
  const directory = await mkdtemp(join(tmpdir(), 'brain-secret-'));
  t.after(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, 'password'), `${password}\n`);

  const brain = await startBrain(t, redis.url.replace('redis://', 'redis://brain@'), {
    CECELIA_REDIS_PASSWORD_FILE: join(directory, 'password'),
  });

  await until(async () => (await client.call('CLIENT', 'LIST')).includes('user=brain'), brain.output);
  await until(async () => (await brain.ask('/healthz')).body.redis, brain.output);
});

test('invalid setting ends the process with a message and exit code 2', async () => {
  const index = fileURLToPath(new URL('../index.js', import.meta.url));
  const port = await freePort();
  for (const [name, value] of [
    ['BRAIN_SLOTS', '0'],
    ['BRAIN_PORT', 'x'],
    ['BRAIN_QUEUE', '-1'],
    ['CECELIA_REDIS_URL', 'nowhere'],
    ['CECELIA_REDIS_PASSWORD_FILE', '/no/such'],
    ['CECELIA_REDIS_PASSWORD_FILE', '/dev/null'],
  ]) {
    const { status, stderr } = spawnSync(process.execPath, [index], {
      env: { PATH: process.env.PATH, BRAIN_PORT: `${port}`, [name]: value },
      encoding: 'utf8',
      ...limits,
    });
    assert.equal(status, 2, stderr);
    assert.match(stderr, new RegExp(`^brain: .*${name}`));
  }
});
