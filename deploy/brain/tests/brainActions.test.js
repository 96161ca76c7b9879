import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits, until } from './programs.js';
import { isAlive, stateOf } from './real-brain.js';
import { start } from './brain-with-redis.js';

const LONG = { workflow: 'primes', input: { limit: 500_000_000 } };

test('cancel_session ends a running task, also a paused one, and a waiting task', limits, async (t) => {
  const { events, brain, command } = await start(t, { BRAIN_SLOTS: '2' });
  const made = [];
  for (let index = 0; index < 3; index++) made.push((await command({ cmd: 'start_session', data: LONG })).data);
  const [running, paused, waiting] = made;
  const { pid } = await brain.taskWhen(running.taskId, ({ pid }) => pid);
  const { pid: heldPid } = await brain.taskWhen(paused.taskId, ({ pid }) => pid);
  await command({ cmd: 'pause_session', data: { execution_id: paused.execution_id } });

  // The reply says that it has ended, so its process no longer exists.
  for (const [data, stopped] of [
    [{ taskId: waiting.taskId }, undefined],
    [{ execution_id: paused.execution_id }, heldPid],
    [{ taskId: running.taskId, execution_id: running.execution_id }, pid],
  ]) {
    const reply = await command({ cmd: 'cancel_session', data });
    assert.equal(reply.event, 'command:done', JSON.stringify(reply));
    assert.equal(stopped !== undefined && isAlive(stopped), false);
    assert.equal((await brain.ask(`/tasks/${reply.data.taskId}`)).body.status, 'cancelled');
    assert.equal((await command({ cmd: 'cancel_session', data })).data.error, 'already_ended');
  }

  const all = events.all();
  for (const { taskId, execution_id } of made) {
    const ends = all.filter(({ data }) => (data.taskId ?? data.id) === taskId && ['cancelled', 'failed'].includes(data.status));
    assert.deepEqual(
      ends.map(({ event, data }) => [event, data.status]),
      [
        ['task:cancelled', 'cancelled'],
        ['task_status_changed', 'cancelled'],
      ],
    );
    assert.ok(all.some(({ event, execution_id: id }) => event === 'execution:cancelled' && id === execution_id));
  }
  assert.ok(!all.some(({ event, reply_to }) => (event === 'error' || event === 'notification') && !reply_to), 'cancelled is not an error');
});

test('retry_session runs a failed or cancelled task once more, as a new run', limits, async (t) => {
  const { events, brain, command } = await start(t);
  const first = (await command({ cmd: 'start_session', data: LONG, project_id: 'p1' })).data;
  const { pid } = await brain.taskWhen(first.taskId, ({ pid }) => pid);
  assert.equal((await command({ cmd: 'retry_session', data: { taskId: first.taskId } })).data.error, 'not_ended');
  process.kill(pid);
  await brain.taskWhen(first.taskId, ({ status }) => status === 'failed');

  const second = await command({ cmd: 'retry_session', data: { execution_id: first.execution_id }, project_id: 'p1' });

  const { taskId, execution_id } = second.data;
  assert.deepEqual([second.event, taskId, execution_id], ['command:done', first.taskId, `${first.execution_id}-2`]);
  const again = await brain.taskWhen(taskId, ({ status, pid }) => status === 'running' && pid);
  assert.deepEqual([again.error, again.runId, again.earlierRuns], [undefined, execution_id, [first.execution_id]]);
  await events.until(({ event, data }) => event === 'task:started' && data.runId === execution_id);
  for (const cmd of ['retry_session', 'cancel_session', 'pause_session'])
    assert.equal((await command({ cmd, data: { execution_id: first.execution_id } })).data.error, 'already_retried');
  await command({ cmd: 'cancel_session', data: { taskId } });
  const third = await command({ cmd: 'retry_session', data: { taskId } });
  assert.equal(third.data.execution_id, `${first.execution_id}-3`);
  await command({ cmd: 'cancel_session', data: { taskId } });
});

test('pause, resume and input of a task, whose status the board follows', limits, async (t) => {
  const { events, brain, command } = await start(t);
  const { taskId } = (await command({ cmd: 'start_session', data: { input: { ask: true } }, project_id: 'p1' })).data;
  await events.until(({ event, data }) => event === 'node_state_change' && data.status === 'waiting');
  const { pid } = await brain.taskWhen(taskId, ({ pid }) => pid);

  assert.equal((await command({ cmd: 'pause_session', data: { taskId } })).event, 'command:done');
  await until(
    async () => stateOf(pid) === 'T',
    () => stateOf(pid),
  );
  assert.equal((await command({ cmd: 'resume_session', data: { taskId } })).event, 'command:done');
  assert.equal((await command({ cmd: 'user_input', data: { taskId, text: 'yes' } })).event, 'command:done');

  const all = await events.until(({ event, data }) => event === 'task:completed' && data.taskId === taskId);
  const board = all.filter(({ event, data }) => event === 'task_status_changed' && data.id === taskId).map(({ data }) => data.status);
  assert.deepEqual(board, ['running', 'paused', 'running']);
  assert.equal((await command({ cmd: 'retry_session', data: { taskId } })).data.error, 'not_failed');
});

test('a command that names a wrong task or execution gets an error with a reason', limits, async (t) => {
  const { command } = await start(t, { BRAIN_SLOTS: '1' });
  const { taskId, execution_id } = (await command({ cmd: 'start_session', data: LONG, project_id: 'p1' })).data;
  const waiting = (await command({ cmd: 'start_session', data: LONG, project_id: 'p1' })).data;
  for (const [reason, wish] of [
    ['bad_data', { cmd: 'cancel_session' }],
    ['bad_data', { cmd: 'cancel_session', data: { taskId: 7 } }],
    ['bad_data', { cmd: 'retry_session', data: { taskId, execution_id: '' } }],
    ['unknown_task', { cmd: 'cancel_session', data: { taskId: 'none' } }],
    ['unknown_task', { cmd: 'cancel_session', data: { taskId }, project_id: 'p2' }],
    ['unknown_execution', { cmd: 'cancel_session', data: { execution_id: 'none' } }],
    ['unknown_execution', { cmd: 'cancel_session', data: { taskId, execution_id: waiting.execution_id } }],
    ['not_running', { cmd: 'pause_session', data: { taskId: waiting.taskId } }],
    ['not_running', { cmd: 'user_input', data: { taskId: waiting.taskId, text: 'x' } }],
  ]) {
    const reply = await command(wish);
    assert.deepEqual([reply.event, reply.data.error], ['error', reason], JSON.stringify(wish));
  }
  // The task was affected by none of them.
  assert.equal((await command({ cmd: 'cancel_session', data: { taskId, execution_id }, project_id: 'p1' })).event, 'command:done');
});
