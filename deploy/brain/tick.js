import { randomBytes } from 'node:crypto';
import { RequestRefusedError } from './catalogue.js';

/**
 * @typedef {object} Task
 * @property {string} id
 * @property {string} runId Id of its last run, which is the execution in the Execution and Workflow formats.
 * @property {number} runs Number of its runs.
 * @property {string[]} earlierRuns Ids of the runs before it, newest last; at most 10.
 * @property {string} program
 * @property {Record<string, unknown>} input
 * @property {string} title
 * @property {string | undefined} project_id
 * @property {'queued' | 'running' | 'completed' | 'failed' | 'cancelled'} status
 * @property {boolean} cancelling The process was sent a signal to end, and has not ended yet.
 * @property {boolean} paused
 * @property {number} progress
 * @property {string} created RFC 3339.
 * @property {string} [started]
 * @property {string} [ended]
 * @property {unknown} [result]
 * @property {string} [error]
 * @property {number} [pid] Process id while it is running.
 */

const TICK_MS = 1000;
const STATUS_TICKS = 10;
const EARLIER_RUNS = 10;

/**
 * Holds all tasks and assigns free slots to waiting ones, every second and after each change.
 * @param {object} options
 * @param {ReturnType<typeof import('./executor.js').createExecutor>} options.executor
 * @param {import('./announce.js').Announce} options.announce
 * @param {number} options.maxQueued Maximum number of waiting tasks; further tasks are refused.
 * @param {number} options.maxKept Maximum number of finished tasks that can still be read.
 */
export function createTick({ executor, announce, maxQueued, maxKept }) {
  /** @type {Map<string, Task>} */
  const tasks = new Map();
  /** @type {Task[]} */
  const queue = [];
  /** @type {Task[]} */
  const ended = [];
  let isStopping = false;
  let ticks = 0;
  const timer = setInterval(() => {
    // Also periodically without a change, so that clients see that Brain is running.
    if (ticks++ % STATUS_TICKS === 0) announce.executor(executor);
    tick();
  }, TICK_MS);

  function tick() {
    while (!isStopping && executor.free > 0 && queue.length > 0) start(/** @type {Task} */ (queue.shift()));
  }

  /** @param {Task} task */
  function start(task) {
    task.status = 'running';
    task.started = now();
    announce.started(task);
    executor.start(task);
    announce.executor(executor);
  }

  /** @param {Task} task @param {import('./executor.js').Outcome} outcome */
  function end(task, outcome) {
    // A process that completed before the signal reached it was not cancelled.
    task.status = outcome.ok ? 'completed' : task.cancelling ? 'cancelled' : 'failed';
    task.ended = now();
    task.paused = false;
    task.cancelling = false;
    if (outcome.ok) task.progress = 100;
    else if (task.status === 'failed') task.error = outcome.error;
    if (task.status === 'cancelled') announce.cancelled(task);
    else announce.ended(task);
    ended.push(task);
    if (ended.length > maxKept) tasks.delete(/** @type {Task} */ (ended.shift()).id);
  }

  /** @throws {RequestRefusedError} No further task can wait. */
  function checkRoom() {
    if (isStopping) throw new RequestRefusedError('shutting_down', 'this Brain is shutting down', 503);
    if (queue.length >= maxQueued) throw new RequestRefusedError('queue_full', `${maxQueued} tasks are already waiting`, 503);
  }

  return {
    /** Newest first. */
    list: () => [...tasks.values()].reverse(),

    /** @param {string} id */
    find: (id) => tasks.get(id),

    /** The task that has or had that run. @param {string} runId */
    findRun: (runId) => [...tasks.values()].find((task) => task.runId === runId || task.earlierRuns.includes(runId)),

    /**
     * @param {ReturnType<typeof import('./catalogue.js').parseTaskRequest>} request
     * @throws {RequestRefusedError}
     */
    create(request) {
      checkRoom();
      const rest = randomBytes(4).toString('hex');
      /** @type {Task} */
      const task = {
        id: `task-${rest}`,
        runId: `run-${rest}`,
        runs: 1,
        earlierRuns: [],
        ...request,
        status: 'queued',
        paused: false,
        cancelling: false,
        progress: 0,
        created: now(),
      };
      tasks.set(task.id, task);
      queue.push(task);
      announce.created(task);
      tick();
      return task;
    },

    /** Ends a waiting or running task. Returns when it has ended, which it may have done by itself. @param {Task} task */
    async cancel(task) {
      task.cancelling = true;
      if (task.status === 'queued') {
        queue.splice(queue.indexOf(task), 1);
        end(task, { ok: false, error: 'cancelled' });
      } else await executor.cancel(task);
    },

    /**
     * Queues a task that has ended once more, as a new run.
     * @param {Task} task
     * @throws {RequestRefusedError}
     */
    retry(task) {
      checkRoom();
      ended.splice(ended.indexOf(task), 1);
      task.earlierRuns = [...task.earlierRuns, task.runId].slice(-EARLIER_RUNS);
      task.runId = `${task.runId.split('-', 2).join('-')}-${++task.runs}`;
      Object.assign(task, { status: 'queued', progress: 0, started: undefined, ended: undefined, result: undefined, error: undefined });
      queue.push(task);
      announce.retried(task);
      tick();
    },

    /** From the executor: an update of a task's program. @param {Task} task @param {import('./executor.js').News} news */
    onNews(task, news) {
      if (news.progress !== undefined) task.progress = news.progress;
      if (news.result !== undefined) task.result = news.result;
      announce.news(task, news);
    },

    /** From the executor: a task's process has exited. @param {Task} task @param {import('./executor.js').Outcome} outcome */
    onEnd(task, outcome) {
      end(task, isStopping && !outcome.ok ? { ok: false, error: 'Brain was shut down' } : outcome);
      announce.executor(executor);
      tick();
    },

    /** Ends all tasks, so that none is left waiting or running, here or on a page. */
    async stop() {
      isStopping = true;
      clearInterval(timer);
      for (const task of queue.splice(0)) end(task, { ok: false, error: 'Brain was shut down before the task started' });
      await executor.stop();
    },
  };
}

function now() {
  return new Date().toISOString();
}
