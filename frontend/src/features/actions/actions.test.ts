import { expect, test } from 'vitest';
import { type Action, actions, allowedActions, commandOf, isPossible } from './actions';

test('actions follow the command names of the relay', () => {
  expect(allowedActions(null)).toEqual([]);
  expect(allowedActions([])).toEqual([]);
  expect(allowedActions(['*'])).toEqual(actions);
  expect(allowedActions(['pause_session', 'retry_*', 'start_session'])).toEqual(['pause', 'retry']);
});

test.each<[string | undefined, readonly Action[]]>([
  ['queued', ['cancel']],
  ['running', ['pause', 'cancel', 'input']],
  ['paused', ['resume', 'cancel', 'input']],
  ['waiting_for_input', ['pause', 'cancel', 'input']],
  ['completed', []],
  ['failed', ['retry']],
  ['cancelled', ['retry']],
  ['on_fire', ['pause', 'resume', 'cancel', 'input']],
  [undefined, ['pause', 'cancel', 'input']],
])('the status %s allows %j', (status, possible) => {
  expect(actions.filter((action) => isPossible(action, status))).toEqual(possible);
});

test('a command names what it is for, and the project and execution where they are known', () => {
  const status = 'running';
  expect(commandOf('cancel', { kind: 'execution', id: 'e1', status, project: undefined })).toEqual({
    name: 'cancel_session',
    data: { execution_id: 'e1' },
    projectId: undefined,
  });
  expect(commandOf('input', { kind: 'task', id: 't1', status, project: 'p1', executionId: 'e1' }, 'yes')).toEqual({
    name: 'user_input',
    data: { taskId: 't1', execution_id: 'e1', text: 'yes' },
    projectId: 'p1',
  });
  expect(commandOf('retry', { kind: 'task', id: 't1', status, project: 'p1' }).data).toEqual({ taskId: 't1' });
});
