import { randomBytes } from 'node:crypto';
import { RequestRefusedError } from './catalogue.js';

/**
 * @typedef {object} Task
 * @property {string} id
 * @property {string} runId Id of its only run, which is the execution in the Execution and Workflow formats.
 * @property {string} program
 * @property {Record<string, unknown>} input
 * @property {string} title
 * @property {string | undefined} project_id
 * @property {'queued' | 'running' | 'completed' | 'failed'} status
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
    task.status = outcome.ok ? 'completed' : 'failed';
    task.ended = now();
    task.paused = false;
    if (outcome.ok) task.progress = 100;
    else task.error = outcome.error;
    announce.ended(task);
    ended.push(task);
    if (ended.length > maxKept) tasks.delete(/** @type {Task} */ (ended.shift()).id);
  }

  return {
    /** Newest first. */
    list: () => [...tasks.values()].reverse(),

    /** @param {string} id */
    find: (id) => tasks.get(id),

    /** The task of that run. @param {unknown} runId */
    findRun: (runId) => [...tasks.values()].find((task) => task.runId === runId),

    /**
     * @param {ReturnType<typeof import('./catalogue.js').parseTaskRequest>} request
     * @throws {RequestRefusedError}
     */
    create(request) {
      if (isStopping) throw new RequestRefusedError('shutting_down', 'this Brain is shutting down', 503);
      if (queue.length >= maxQueued) throw new RequestRefusedError('queue_full', `${maxQueued} tasks are already waiting`, 503);
      const rest = randomBytes(4).toString('hex');
      /** @type {Task} */
      const task = { id: `task-${rest}`, runId: `run-${rest}`, ...request, status: 'queued', paused: false, progress: 0, created: now() };
      tasks.set(task.id, task);
      queue.push(task);
      announce.created(task);
      tick();
      return task;
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
