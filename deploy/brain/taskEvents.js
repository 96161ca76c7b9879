import { randomBytes } from 'node:crypto';
import { createBuffer } from './buffer.js';
import { encode, EventRefusedError } from './envelope.js';
import { readOptions } from './options.js';
import { createProblems } from './problems.js';
import { findFault } from './schema.js';
import { createSender } from './sender.js';

/** @typedef {import('./events.schema.js').Events} Events */
/** @typedef {import('./problems.js').Problem} Problem */
/** @typedef {import('./problems.js').ProblemReason} ProblemReason */

/**
 * What an event belongs to, in addition to its data.
 * @typedef {object} About
 * @property {string | number | null} [project_id]
 * @property {string | number | null} [execution_id]
 * @property {string | null} [node_id] The workflow node.
 * @property {string | Date | null} [timestamp] Time of the event, RFC 3339; absent: now.
 * @property {string | number | null} [id] The event's own id.
 * @property {string | null} [reply_to] `id` of the command that it replies to: only the client of that command gets the event.
 * @property {string | null} [traceparent] W3C Trace Context of the span that publishes it; the relay ignores an invalid one.
 */

/** @typedef {import('./options.js').Options} Options */
/** @typedef {ReturnType<typeof createTaskEvents>} TaskEvents */

const CLOSE_MS = 5000;
const LONGEST_MS = 2 ** 31 - 1; // Maximum of a timer.

/**
 * Publishes Brain's events. Each function takes the `data` and what the event belongs to, and returns at once: true if the event has its number and will be
 * published, false if it was refused or there was no room. The functions never block or throw, whatever the arguments and the state of Redis. `counts()` and
 * `onProblem` report problems. Only invalid options throw, a TypeError.
 * @param {Options} options
 */
export function createTaskEvents(options) {
  const limits = readOptions(options);
  const source = `${limits.source}-${randomBytes(4).toString('hex')}`;
  const problems = createProblems(limits.onProblem);
  const buffer = createBuffer({ maxEvents: limits.maxBufferedEvents, maxBytes: limits.maxBufferedBytes });
  const sender = createSender({ ...limits, buffer, onTrouble: problems.note });
  let last = 0;
  /** @type {Promise<{ unsent: number }> | undefined} */
  let closed;

  /**
   * @template {keyof Events} Name
   * @param {Name} name
   * @returns {(data?: Events[Name], about?: About) => boolean}
   */
  const event = (name) => (data, about) => publish(name, data, about);

  /**
   * @param {string} name
   * @param {unknown} data
   * @param {unknown} about
   */
  function publish(name, data, about) {
    try {
      if (closed) throw new EventRefusedError('closed', 'close() was called');
      const seq = last + 1;
      const payload = encode(source, seq, envelopeOf(name, data, about));
      const bytes = Buffer.byteLength(payload);
      const sent = JSON.parse(payload);
      const fault = findFault(name, sent, bytes, limits);
      if (fault) throw fault;
      last = seq;
      return enqueue({ seq, event: name, payload, bytes, isStep: isStep(sent) });
    } catch (error) {
      // Any other error was thrown by the data itself: a getter, a Proxy.
      if (error instanceof EventRefusedError) problems.note(/** @type {ProblemReason} */ (error.reason), error.detail, { event: name });
      else problems.note('not_json', 'the data cannot be read', { event: name });
      return false;
    }
  }

  /** @param {import('./buffer.js').Waiting} event */
  function enqueue(event) {
    const gone = buffer.add(event);
    for (const { seq, event, isStep } of gone) {
      problems.note(isStep ? 'dropped_step' : 'dropped_event', `no room: ${buffer.length} events of ${buffer.bytes} bytes wait for Redis`, {
        event,
        seq,
      });
    }
    sender.wake();
    return !gone.includes(event);
  }

  /** @param {unknown} options */
  async function close(options) {
    await sender.close(timeoutOf(options));
    if (buffer.length > 0) problems.note('unsent', `${buffer.length} events were not confirmed by Redis`);
    return { unsent: buffer.length };
  }

  return {
    /** The name and a random suffix. */
    source,

    /** A task was created and is waiting for a slot. */
    taskCreated: event('task:created'),
    /** A task has a slot and is running. */
    taskStarted: event('task:started'),
    /** Progress of a task. Superseded by the next one. */
    taskProgress: event('task:progress'),
    taskCompleted: event('task:completed'),
    taskFailed: event('task:failed'),
    /** A task was cancelled. Not one of the original names; the relay accepts any that begins with `task:`. */
    taskCancelled: event('task:cancelled'),
    /** Number of running tasks, and number of free slots. */
    executorStatus: event('executor:status'),

    /** TaskTree format, for project boards; give `project_id`. */
    tasktree: {
      taskCreated: event('task_created'),
      taskUpdated: event('task_updated'),
      taskDeleted: event('task_deleted'),
      taskStatusChanged: event('task_status_changed'),
      /** All tasks of the project were removed. */
      tasksReset: event('tasks_reset'),
      agentSpawned: event('agent_spawned'),
      agentStatusUpdate: event('agent_status_update'),
      agentMessages: event('agent_messages'),
      coordinationUpdate: event('coordination_update'),
      fileLocksUpdate: event('file_locks_update'),
      planGenerated: event('plan_generated'),
      log: event('log'),
      notification: event('notification'),
    },

    /** Execution format, for execution pages; give `execution_id`. */
    execution: {
      /** Status of the execution; after `completed` or `failed` the relay closes the connection. */
      status: event('status'),
      error: event('error'),
    },

    /** Workflow format, for workflow sessions; give `execution_id`, and `node_id` for events of a node. */
    workflow: {
      /** The next piece of a node's text. */
      tokenStream: event('token_stream'),
      nodeStateChange: event('node_state_change'),
      nodeParallelStart: event('node:parallel_start'),
      tokenUsage: event('token_usage'),
      executionPaused: event('execution:paused'),
      executionResumed: event('execution:resumed'),
      executionCancelled: event('execution:cancelled'),
      executionCompleted: event('execution:completed'),
      error: event('error'),
    },

    /** Reply to a command, for the client that sent it; give `reply_to`. A command that cannot be executed gets `workflow.error`. */
    commandDone: event('command:done'),

    /** The last number used; 0 before the first. */
    get last() {
      return last;
    },

    /** Whether there is a connection to Redis. */
    get isConnected() {
      return sender.isConnected;
    },

    /** Number of `published` events, of which `repeated` were sent again; of `buffered` events; and of `problems` by reason. */
    counts: () => ({
      numbered: last,
      ...sender.counts(),
      buffered: buffer.length,
      bufferedBytes: buffer.bytes,
      problems: problems.counts(),
    }),

    /**
     * Stops accepting events, publishes waiting ones for up to `timeoutMs` (default 5,000), and closes the connection. Never rejects.
     * @param {{ timeoutMs?: number }} [options]
     * @returns {Promise<{ unsent: number }>} Number of events that were not published or whose outcome is unknown.
     */
    close: (options) => (closed ??= close(options)),
  };
}

const ABOUT = ['project_id', 'execution_id', 'node_id', 'timestamp', 'id', 'reply_to', 'traceparent'];

/** @param {string} name @param {unknown} data @param {unknown} about */
function envelopeOf(name, data = {}, about = {}) {
  if (typeof about !== 'object' || about === null)
    throw new EventRefusedError('bad_field', 'the second argument must be an object or absent');
  const unknownField = Object.keys(about).find((field) => !ABOUT.includes(field));
  if (unknownField !== undefined) throw new EventRefusedError('bad_field', `unknown field ${unknownField}; allowed: ${ABOUT.join(', ')}`);
  return { event: name, ...about, data: /** @type {object} */ (data) };
}

const STEPS = new Set(['task:progress', 'executor:status', 'token_stream', 'token_usage', 'log', 'agent_status_update']);

/** @param {{ event: string, data: { status?: unknown } }} event */
function isStep({ event, data }) {
  return STEPS.has(event) || (event === 'status' && data.status === 'running');
}

/** @param {unknown} options */
function timeoutOf(options) {
  try {
    const { timeoutMs } = /** @type {{ timeoutMs: unknown }} */ (options);
    return typeof timeoutMs === 'number' && timeoutMs >= 0 ? Math.min(timeoutMs, LONGEST_MS) : CLOSE_MS;
  } catch {
    return CLOSE_MS;
  }
}
