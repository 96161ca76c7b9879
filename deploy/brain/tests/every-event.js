// For tests: one call of each function of createTaskEvents, and the name of the resulting event.
const board = { project_id: 'p1' };
const run = { project_id: 'p1', execution_id: 'e1' };
const node = { ...run, node_id: 'n1' };

export const everyEvent = [
  ['task:created', (to) => to.taskCreated, { taskId: 't1', runId: 'r1', status: 'queued', progress: 0, title: 'ü' }, board],
  ['task:started', (to) => to.taskStarted, { taskId: 't1', status: 'running' }, board],
  ['task:progress', (to) => to.taskProgress, { taskId: 't1', status: 'running', progress: 12.5 }, board],
  ['task:completed', (to) => to.taskCompleted, { taskId: 't1', status: 'completed', progress: 100 }, board],
  ['task:failed', (to) => to.taskFailed, { taskId: 't2', status: 'failed', error: 'no' }, board],
  ['executor:status', (to) => to.executorStatus, { activeCount: 1, availableSlots: 3 }],
  ['task_created', (to) => to.tasktree.taskCreated, { id: 'b1', title: 'x', status: 'todo' }, board],
  ['task_updated', (to) => to.tasktree.taskUpdated, { id: 'b1', progress: 7 }, board],
  ['task_deleted', (to) => to.tasktree.taskDeleted, { id: 'b1' }, board],
  ['task_status_changed', (to) => to.tasktree.taskStatusChanged, { id: 'b2', status: 'done' }, board],
  ['tasks_reset', (to) => to.tasktree.tasksReset, undefined, board],
  ['agent_spawned', (to) => to.tasktree.agentSpawned, { agent_id: 'a1', name: 'x' }, board],
  ['agent_status_update', (to) => to.tasktree.agentStatusUpdate, { agent_id: 'a1', status: 'idle' }, board],
  ['agent_messages', (to) => to.tasktree.agentMessages, { agent_id: 'a1', from: 'a1', to: 'a2', content: 'hello' }, board],
  ['coordination_update', (to) => to.tasktree.coordinationUpdate, { message: 'x' }, board],
  ['file_locks_update', (to) => to.tasktree.fileLocksUpdate, { locks: [{ file: 'a.js', by: 'a1' }] }, board],
  ['plan_generated', (to) => to.tasktree.planGenerated, { plan: ['one', 'two'] }, board],
  ['log', (to) => to.tasktree.log, { level: 'info', message: 'x' }, board],
  ['notification', (to) => to.tasktree.notification, { level: 'error', title: 'x', message: 'y' }, board],
  [
    'status',
    (to) => to.execution.status,
    { status: 'running', progress: 50, message: 'x', result: null, error: null, execution_time: null },
    run,
  ],
  ['error', (to) => to.execution.error, { message: 'x' }, run],
  ['token_stream', (to) => to.workflow.tokenStream, { token: 'x ' }, node],
  ['node_state_change', (to) => to.workflow.nodeStateChange, { status: 'running' }, node],
  ['node:parallel_start', (to) => to.workflow.nodeParallelStart, { node_ids: ['n1', 'n2'] }, run],
  ['token_usage', (to) => to.workflow.tokenUsage, { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }, node],
  ['execution:paused', (to) => to.workflow.executionPaused, { progress: 50 }, run],
  ['execution:resumed', (to) => to.workflow.executionResumed, {}, run],
  ['task:cancelled', (to) => to.taskCancelled, { taskId: 't2', status: 'cancelled' }, board],
  ['execution:cancelled', (to) => to.workflow.executionCancelled, {}, run],
  ['execution:completed', (to) => to.workflow.executionCompleted, { result: { n: 1 } }, run],
  ['error', (to) => to.workflow.error, { error: 'x' }, node],
  ['command:done', (to) => to.commandDone, { cmd: 'start_session' }, { id: 'no reply: everybody gets it' }],
];

/** The functions of all formats, by their paths. */
export function functionsOf(events, path = '') {
  return Object.entries(events).flatMap(([name, value]) => {
    if (typeof value === 'object') return functionsOf(value, `${path}${name}.`);
    return typeof value === 'function' && !['counts', 'close'].includes(name) ? [[path + name, value]] : [];
  });
}
