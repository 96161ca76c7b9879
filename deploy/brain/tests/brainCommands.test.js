import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits, until } from './programs.js';
import { startBrain, stateOf } from './real-brain.js';
import { startRedis } from './real-redis.js';
import { needsRelay, startRelay } from './real-relay.js';
import { collect, start } from './brain-with-redis.js';

test('start_session creates a run of the workflow, which responds to user_input', limits, async (t) => {
  const { events, command } = await start(t);

  const started = await command({ cmd: 'start_session', data: { input: { prompt: 'hello', ask: true } }, project_id: 'p1' });
  assert.equal(started.event, 'command:done');
  const { execution_id, taskId } = started.data;
  await events.until(({ event, data }) => event === 'node_state_change' && data.status === 'waiting');
  const said = await command({ type: 'user_input', data: { execution_id, text: 'and goodbye' }, project_id: 'p1' });

  assert.deepEqual([said.event, said.data], ['command:done', { cmd: 'user_input', taskId, execution_id }]);
  const all = await events.until(({ event, data }) => event === 'task:completed' && data.taskId === taskId);
  const answer = all.filter(({ event, node_id }) => event === 'token_stream' && node_id === 'answer').map(({ data }) => data.token);
  assert.equal(answer.join(''), 'You said: hello You said: and goodbye ');
  assert.ok(all.some(({ event, data }) => event === 'agent_messages' && data.content === 'and goodbye'));
});

test('pause_session stops the process, resume_session continues it', limits, async (t) => {
  const { events, brain, command } = await start(t);
  const {
    data: { execution_id, taskId },
  } = await command({ cmd: 'start_session', data: { workflow: 'primes', input: { limit: 500_000_000 } } });
  const { pid } = await brain.taskWhen(taskId, ({ pid, progress }) => pid && progress > 0);

  assert.equal((await command({ cmd: 'pause_session', data: { execution_id } })).event, 'command:done');
  await until(
    async () => stateOf(pid) === 'T',
    () => `${pid} is ${stateOf(pid)}`,
  );
  assert.equal((await command({ cmd: 'pause_session', data: { execution_id } })).data.error, 'already_paused');
  assert.equal((await brain.ask(`/tasks/${taskId}`)).body.paused, true);
  assert.equal((await command({ cmd: 'resume_session', data: { execution_id } })).event, 'command:done');
  await until(
    async () => stateOf(pid) !== 'T',
    () => `${pid} is held still`,
  );
  assert.equal((await command({ cmd: 'resume_session', data: { execution_id } })).data.error, 'not_paused');

  const all = await events.until(({ event }, all) => event === 'task:progress' && all.some(({ event }) => event === 'execution:resumed'));
  const steps = all.filter(({ event }) => /^execution:/.test(event)).map(({ event, execution_id: id }) => [event, id]);
  assert.deepEqual(steps, [
    ['execution:paused', execution_id],
    ['execution:resumed', execution_id],
  ]);
});

test('task is renamed from its board, also with a numeric project id', limits, async (t) => {
  const { events, brain, command } = await start(t);
  const {
    data: { taskId },
  } = await command({ cmd: 'start_session', data: { input: { ask: true } }, project_id: 7 });

  const reply = await command({ type: 'task_updated', data: { id: taskId, title: 'New' }, project_id: 7 });

  assert.deepEqual([reply.event, reply.data], ['command:done', { cmd: 'task_updated', id: taskId }]);
  const renamed = (await events.until(({ event, data }) => event === 'task_updated' && data.title === 'New')).at(-1);
  assert.deepEqual([renamed.project_id, renamed.data], ['7', { id: taskId, title: 'New' }]);
  assert.equal((await brain.ask(`/tasks/${taskId}`)).body.title, 'New');
});

test('clients of every format follow one run, and replies go to the client of the command', needsRelay, async (t) => {
  const redis = await startRedis(t);
  const relay = await startRelay(t, redis.url);
  const [asking, other] = [await relay.watch('cecelia.v1'), await relay.watch()];
  const board = await relay.watch([], '/ws/projects/p1');
  const brain = await startBrain(t, redis.url);
  const client = await redis.connect();
  await until(async () => (await client.pubsub('NUMSUB', 'cecelia:commands'))[1] > 0, brain.output);

  asking.send({ cmd: 'start_session', data: { project_id: 'p1', input: { prompt: 'hello', ask: true } }, ref: 'c1' });
  const { data: started, reply_to } = await asking.see(({ event }) => event === 'command:done');
  assert.equal((await asking.see(({ event }) => event === 'relay:ack')).data.id, reply_to);
  const page = await relay.watch([], `/api/v1/ws/executions/${started.execution_id}?include=nodes`);
  await other.see(({ event, data }) => event === 'node_state_change' && data.status === 'waiting');
  other.send({ cmd: 'user_input', data: { execution_id: started.execution_id, text: 'goodbye' } });
  await other.see(({ event }) => event === 'command:done');
  asking.send({ cmd: 'pause_session', data: { execution_id: 'none' } });
  await asking.see(({ event, data, reply_to }) => event === 'error' && data.error === 'unknown_execution' && reply_to);

  assert.equal(await page.closed(), 1000);
  const last = page.messages.filter(({ type }) => type === 'status').at(-1);
  assert.deepEqual([last.execution_id, last.status, last.progress, last.result], [started.execution_id, 'completed', 100, { tokens: 22 }]);
  await board.see(({ type, data }) => type === 'task_status_changed' && data.status === 'completed');
  assert.ok(
    board.messages.some(({ type, project_id, data }) => type === 'task_created' && project_id === 'p1' && data.id === started.taskId),
  );
  await other.see(({ event }) => event === 'execution:completed');
  assert.deepEqual([asking.all('command:done').length, other.all('command:done').length], [1, 1]);
  assert.deepEqual((await brain.ask('/healthz')).body.events.problems, {});
});

test('command that cannot be executed gets an error with a reason, sent to its client', limits, async (t) => {
  const { redis, brain, command } = await start(t);
  const { body: other } = await brain.post({ program: 'primes', input: { limit: 500_000_000 }, project_id: 'p2' });
  const wrong = [
    ['unknown_command', { cmd: 'rm', data: {} }],
    ['unknown_command', { cmd: 'toString' }],
    ['unknown_command', { cmd: 7 }],
    ['unknown_command', {}],
    ['bad_data', { cmd: 'start_session', data: [] }],
    ['unknown_program', { cmd: 'start_session', data: { workflow: 'sh' } }],
    ['unknown_field', { cmd: 'start_session', data: { command: 'ls' } }],
    ['bad_input', { cmd: 'start_session', data: { input: { prompt: 7 } } }],
    ['bad_project', { cmd: 'start_session', project_id: 'x'.repeat(257) }],
    ['unknown_field', { cmd: 'start_session', data: { type: 'x' } }],
    ['bad_data', { cmd: 'pause_session' }],
    ['bad_data', { cmd: 'pause_session', data: { execution_id: {} } }],
    ['unknown_execution', { cmd: 'pause_session', data: { execution_id: 'none' } }],
    ['unknown_execution', { cmd: 'pause_session', data: { execution_id: other.runId }, project_id: 'p1' }],
    ['not_paused', { cmd: 'resume_session', data: { execution_id: other.runId }, project_id: 'p2' }],
    ['takes_no_input', { cmd: 'user_input', data: { execution_id: other.runId, text: 'x' } }],
    ['bad_data', { cmd: 'user_input', data: { execution_id: other.runId, text: 'x'.repeat(4001) } }],
    ['unknown_task', { type: 'task_updated', data: { id: 'none', title: 'x' } }],
    ['unknown_task', { type: 'task_updated', data: { id: other.id, title: 'x' }, project_id: 'p1' }],
    ['bad_title', { type: 'task_updated', data: { id: other.id, title: '' }, project_id: 'p2' }],
  ];
  // These have no client to reply to and must not affect other commands.
  const client = await redis.connect();
  for (const none of ['', '{', '[]', '7', `"${'x'.repeat(70_000)}"`, '{"cmd":"rm"}', '{"cmd":"rm","id":{}}'])
    await client.publish('cecelia:commands', none);

  for (const [reason, wish] of wrong) {
    const reply = await command(wish);
    assert.deepEqual([reply.event, reply.data.error], ['error', reason], JSON.stringify(wish).slice(0, 100));
    assert.ok(reply.data.message);
  }
  process.kill((await brain.taskWhen(other.id, ({ pid }) => pid)).pid);
  await brain.taskWhen(other.id, ({ status }) => status === 'failed');
  assert.equal((await command({ cmd: 'pause_session', data: { execution_id: other.runId } })).data.error, 'already_ended');
});

test('commands are executed again after Redis was unavailable', limits, async (t) => {
  const { redis, brain } = await start(t);
  await redis.stop();
  await redis.restart();
  const client = await redis.connect();
  const events = collect(await redis.subscribe('cecelia:events'));

  await until(async () => (await client.publish('cecelia:commands', JSON.stringify({ cmd: 'rm', id: 'again' }))) > 0, brain.output);

  await events.until(({ reply_to }) => reply_to === 'again');
});
