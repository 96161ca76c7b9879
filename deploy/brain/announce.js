/** @typedef {import('./tick.js').Task} Task */
/** @typedef {import('./taskEvents.js').TaskEvents} TaskEvents */
/** @typedef {ReturnType<typeof createAnnounce>} Announce */

/**
 * Publishes what happens to tasks in all four formats, so that every kind of page has something to show. A real Brain needs one format.
 * @param {TaskEvents} events
 */
export function createAnnounce(events) {
  const { tasktree, execution, workflow } = events;

  return {
    /** @param {Task} task */
    created(task) {
      events.taskCreated({ taskId: task.id, runId: task.runId, status: 'queued', progress: 0, title: task.title }, ofProject(task));
      tasktree.taskCreated({ id: task.id, title: task.title, status: 'queued' }, ofProject(task));
      execution.status({ status: 'pending', progress: 0, message: `${task.title}: waiting for a slot` }, ofRun(task));
    },

    /** A task that had ended is waiting again, for another run. @param {Task} task */
    retried(task) {
      events.taskCreated({ taskId: task.id, runId: task.runId, status: 'queued', progress: 0, title: task.title }, ofProject(task));
      tasktree.taskStatusChanged({ id: task.id, status: 'queued' }, ofProject(task));
      execution.status({ status: 'pending', progress: 0, message: `${task.title}: waiting for a slot, run ${task.runs}` }, ofRun(task));
    },

    /** @param {Task} task */
    started(task) {
      events.taskStarted({ taskId: task.id, runId: task.runId, status: 'running', progress: 0 }, ofProject(task));
      tasktree.taskStatusChanged({ id: task.id, status: 'running' }, ofProject(task));
      tasktree.agentSpawned({ agent_id: task.runId, name: task.program, status: 'working', taskId: task.id }, ofProject(task));
      execution.status({ status: 'running', progress: 0, message: `${task.title}: started` }, ofRun(task));
    },

    /** @param {Task} task @param {import('./executor.js').News} news */
    news(task, { progress, message, plan, parallel, node, state, token, usage, log }) {
      if (progress !== undefined) {
        // Output from before a pause may be read after it, and does not end the pause.
        const status = task.paused ? undefined : 'running';
        events.taskProgress({ taskId: task.id, runId: task.runId, status, progress }, ofProject(task));
        tasktree.taskUpdated({ id: task.id, progress }, ofProject(task));
        execution.status({ status, progress, message }, ofRun(task));
      }
      if (plan) tasktree.planGenerated({ plan }, ofProject(task));
      if (parallel) {
        workflow.nodeParallelStart({ node_ids: parallel }, ofRun(task));
        tasktree.coordinationUpdate({ message: `${parallel.join(' and ')} run in parallel` }, ofProject(task));
      }
      if (state) workflow.nodeStateChange({ status: state, message }, { ...ofRun(task), node_id: node });
      if (token) workflow.tokenStream({ token }, { ...ofRun(task), node_id: node });
      if (usage) workflow.tokenUsage(usage, { ...ofRun(task), node_id: node });
      if (log) tasktree.log({ level: 'info', message: log }, ofRun(task));
    },

    /** @param {Task} task */
    ended(task) {
      const { id: taskId, runId, status, progress, result, error } = task;
      if (status === 'completed') events.taskCompleted({ taskId, runId, status, progress }, ofProject(task));
      else events.taskFailed({ taskId, runId, status: 'failed', progress, error }, ofProject(task));
      tasktree.taskStatusChanged({ id: taskId, status }, ofProject(task));
      if (task.started) tasktree.agentStatusUpdate({ agent_id: runId, status: 'done' }, ofProject(task));
      if (error) tasktree.notification({ level: 'error', title: task.title, message: error }, ofProject(task));
      // The relay closes a client of the Execution format after this message, so it contains the whole result.
      const seconds = task.started && task.ended ? (Date.parse(task.ended) - Date.parse(task.started)) / 1000 : null;
      execution.status(
        { status: status === 'completed' ? status : 'failed', progress, result, error, execution_time: seconds },
        ofRun(task),
      );
      if (status === 'completed') workflow.executionCompleted({ result }, ofRun(task));
      else workflow.error({ error }, ofRun(task));
    },

    /**
     * A task was cancelled, which is not a failure. The relay takes the status from an event of any name that begins with `task:` or `execution:`. To pages of
     * the Execution format it says that the execution failed, with the error `cancelled`.
     * @param {Task} task
     */
    cancelled(task) {
      const { id: taskId, runId, status, progress } = task;
      events.taskCancelled({ taskId, runId, status, progress }, ofProject(task));
      tasktree.taskStatusChanged({ id: taskId, status }, ofProject(task));
      if (task.started) tasktree.agentStatusUpdate({ agent_id: runId, status: 'done' }, ofProject(task));
      workflow.executionCancelled({ progress }, ofRun(task));
    },

    /** @param {Task} task */
    paused(task) {
      tasktree.taskStatusChanged({ id: task.id, status: 'paused' }, ofProject(task));
      workflow.executionPaused({ progress: task.progress }, ofRun(task));
    },

    /** @param {Task} task */
    resumed(task) {
      tasktree.taskStatusChanged({ id: task.id, status: 'running' }, ofProject(task));
      workflow.executionResumed({ progress: task.progress }, ofRun(task));
    },

    /** A user's message to a running task. @param {Task} task @param {string} text @param {string} user */
    said: (task, text, user) =>
      tasktree.agentMessages({ agent_id: task.runId, from: user, to: task.runId, content: text }, ofProject(task)),

    /** @param {Task} task */
    renamed: (task) => tasktree.taskUpdated({ id: task.id, title: task.title }, ofProject(task)),

    /** @param {{ slots: number, free: number }} executor */
    executor: ({ slots, free }) => events.executorStatus({ activeCount: slots - free, availableSlots: free }),
  };
}

/** @param {Task} task */
function ofProject({ project_id }) {
  return { project_id };
}

/** An execution of the Execution and Workflow formats is a run of the Cecelia format. @param {Task} task */
function ofRun({ project_id, runId }) {
  return { project_id, execution_id: runId };
}
