// Not run: types.test.js checks it with tsc. Each line after @ts-expect-error must be an error, all others must not.
import { createTaskEvents } from '../taskEvents.js';

const events = createTaskEvents({
  url: 'redis://127.0.0.1',
  stream: 'cecelia:stream',
  onProblem: ({ reason, seq }) => `${reason} ${seq ?? ''}`,
});

events.taskCreated({ taskId: 't1', status: 'queued', anything: [1] }, { project_id: 'p1', timestamp: new Date() });
events.tasktree.tasksReset(undefined, { project_id: 7 });
events.execution.status({ status: 'pending', result: { any: 'thing' } }, { execution_id: 'e1' });
events.workflow.nodeParallelStart({ node_ids: ['n1', 2, { id: 'n3' }] });
/** @type {boolean} */
export const taken = events.workflow.tokenStream({ token: 'x' }, { node_id: 'n1' });
/** @type {Promise<{ unsent: number }>} */
export const closed = events.close({ timeoutMs: 1 });
/** @type {number | undefined} */
export const dropped = events.counts().problems.dropped_step;

// @ts-expect-error Not a status of a task.
events.taskCreated({ status: 'pending' });
// @ts-expect-error A task's id is a string.
events.taskStarted({ taskId: 1 });
// @ts-expect-error Text instead of a number.
events.taskProgress({ progress: '50' });
// @ts-expect-error Not a status of an execution.
events.execution.status({ status: 'queued' });
// @ts-expect-error Data is an object.
events.taskFailed('it failed');
// @ts-expect-error The field is project_id.
events.tasktree.log({ message: 'x' }, { projectId: 'p1' });
// @ts-expect-error No function for an unknown name.
events.taskDone({});
// @ts-expect-error Unknown option.
createTaskEvents({ url: 'redis://127.0.0.1', bufferSize: 1 });
