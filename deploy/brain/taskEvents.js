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
 * What an event belongs to, beside what happened.
 * @typedef {object} About
 * @property {string | number | null} [project_id]
 * @property {string | number | null} [execution_id]
 * @property {string | null} [node_id] The workflow node.
 * @property {string | Date | null} [timestamp] When it happened, by RFC 3339; absent: now.
 * @property {string | number | null} [id] The event's own.
 * @property {string | null} [reply_to] `id` of the command that it answers: only whoever sent that gets the event.
 */

/** @typedef {import('./options.js').Options} Options */
/** @typedef {ReturnType<typeof createTaskEvents>} TaskEvents */

const CLOSE_MS = 5000;
const LONGEST_MS = 2 ** 31 - 1; // Of a timer.

/**
 * Publishes Brain's events. Each function takes what happened (`data`) and what it belongs to, and returns at once: true when the event has its number and is on
 * its way, false when it was refused or had no room. None of them blocks or throws, whatever it is given and wherever Redis is; `counts()` and `onProblem` say
 * what went wrong. Only the options are checked aloud, by a TypeError.
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
      // What is no EventRefusedError was thrown by the data itself: a getter, a Proxy.
      if (error instanceof EventRefusedError) problems.note(/** @type {ProblemReason} */ (error.reason), error.detail, { event: name });
      else problems.note('not_json', 'the data cannot be read', { event: name });
      return false;
    }
  }

  /** @param {import('./buffer.js').Waiting} event */
  function enqueue(event) {
    const gone = buffer.add(event);
    for (const { seq, event, isStep } of gone) {
      problems.note(isStep ? 'dropped_step' : 'dropped_event', `no room: ${buffer.length} events of ${buffer.bytes} bytes wait for Redis`, { event, seq });
    }
    sender.wake();
    return !gone.includes(event);
  }

  /** @param {unknown} options */
  async function close(options) {
    await sender.close(timeoutOf(options));
    if (buffer.length > 0) problems.note('unsent', `${buffer.length} events are not, or not known to be, with Redis`);
    return { unsent: buffer.length };
  }

  return {
    /** The name and a random rest. */
    source,

    /** A task was made and waits for a slot. */
    taskCreated: event('task:created'),
    /** It has a slot, and runs. */
    taskStarted: event('task:started'),
    /** It has come so far. Superseded by the next one. */
    taskProgress: event('task:progress'),
    taskCompleted: event('task:completed'),
    taskFailed: event('task:failed'),
    /** How many tasks run, and how many more could. */
    executorStatus: event('executor:status'),

    /** System B: project boards; give `project_id`. */
    tasktree: {
      taskCreated: event('task_created'),
      taskUpdated: event('task_updated'),
      taskDeleted: event('task_deleted'),
      taskStatusChanged: event('task_status_changed'),
      /** All tasks of the project are gone. */
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

    /** System C: execution pages; give `execution_id`. */
    execution: {
      /** How it stands; after `completed` or `failed` the page's connection ends. */
      status: event('status'),
      error: event('error'),
    },

    /** System D: workflow sessions; give `execution_id`, and `node_id` where it is about a node. */
    workflow: {
      /** The next piece of a node's text. */
      tokenStream: event('token_stream'),
      nodeStateChange: event('node_state_change'),
      nodeParallelStart: event('node:parallel_start'),
      tokenUsage: event('token_usage'),
      executionPaused: event('execution:paused'),
      executionResumed: event('execution:resumed'),
      executionCompleted: event('execution:completed'),
      error: event('error'),
    },

    /** The answer to a command, for whoever sent it; give `reply_to`. One that cannot be obeyed is answered by `workflow.error`. */
    commandDone: event('command:done'),

    /** The last number used; 0 before the first. */
    get last() {
      return last;
    },

    /** Whether there is a connection to Redis. */
    get isConnected() {
      return sender.isConnected;
    },

    /** `published` are with Redis, of which `repeated` were sent again; `buffered` wait; `problems` by their reason. */
    counts: () => ({ numbered: last, ...sender.counts(), buffered: buffer.length, bufferedBytes: buffer.bytes, problems: problems.counts() }),

    /**
     * Takes no more events, publishes those that wait as far as it comes in `timeoutMs` (default 5,000), and ends the connection. Never rejects.
     * @param {{ timeoutMs?: number }} [options]
     * @returns {Promise<{ unsent: number }>} How many are not, or not known to be, with Redis.
     */
    close: (options) => (closed ??= close(options)),
  };
}

const ABOUT = ['project_id', 'execution_id', 'node_id', 'timestamp', 'id', 'reply_to'];

/** @param {string} name @param {unknown} data @param {unknown} about */
function envelopeOf(name, data = {}, about = {}) {
  if (typeof about !== 'object' || about === null) throw new EventRefusedError('bad_field', 'the second argument is an object, or absent');
  const stranger = Object.keys(about).find((field) => !ABOUT.includes(field));
  if (stranger !== undefined) throw new EventRefusedError('bad_field', `an event belongs to ${ABOUT.join(', ')}, and not to ${stranger}`);
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
