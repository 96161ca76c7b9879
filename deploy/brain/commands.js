import { isObject, isText, parseTaskRequest, readTitle, RequestRefusedError } from './catalogue.js';

/** @typedef {import('./tick.js').Task} Task */
/** @typedef {Record<string, unknown>} Data */

const COMMAND_BYTES = 65_536;
const SAID_LENGTH = 4000;

/**
 * Executes the commands that the relay forwards from its clients: `{cmd | type, data, id, connection, user?, project_id?, timestamp}` on one channel of Redis.
 * A command with an `id` gets a reply, an event with that id as `reply_to`, which the relay sends only to the client of the command: `command:done`,
 * or `error`.
 * @param {object} options
 * @param {import('ioredis').Redis} options.redis Used for nothing else; reconnects and subscribes again by itself.
 * @param {string} options.channel
 * @param {import('./taskEvents.js').TaskEvents} options.events
 * @param {import('./announce.js').Announce} options.announce
 * @param {ReturnType<typeof import('./tick.js').createTick>} options.tick
 * @param {ReturnType<typeof import('./executor.js').createExecutor>} options.executor
 */
export function handleCommands({ redis, channel, events, announce, tick, executor }) {
  /** @type {Record<string, (data: Data, from: { project?: string, user: string }) => Data | Promise<Data>>} */
  const commands = {
    start_session(data, { project: project_id }) {
      const { workflow: program = 'conversation', ...rest } = data;
      const task = tick.create(parseTaskRequest({ ...rest, program, ...(project_id !== undefined && { project_id }) }));
      return idsOf(task);
    },

    pause_session(data, { project }) {
      const task = findRunning(data, project);
      if (task.paused) throw new RequestRefusedError('already_paused', `${task.runId} is already paused`);
      executor.pause(task);
      task.paused = true;
      announce.paused(task);
      return idsOf(task);
    },

    resume_session(data, { project }) {
      const task = findRunning(data, project);
      if (!task.paused) throw new RequestRefusedError('not_paused', `${task.runId} is not paused`);
      executor.resume(task);
      task.paused = false;
      announce.resumed(task);
      return idsOf(task);
    },

    /** Replies when the process has ended. */
    async cancel_session(data, { project }) {
      const task = findCurrent(data, project);
      if (hasEnded(task)) throw new RequestRefusedError('already_ended', `${task.runId} is ${task.status}`);
      await tick.cancel(task);
      // It may have ended by itself a moment before.
      if (task.status !== 'cancelled') throw new RequestRefusedError('already_ended', `${task.runId} is ${task.status}`);
      return idsOf(task);
    },

    /** The same task once more, as a new run. */
    retry_session(data, { project }) {
      const task = findCurrent(data, project);
      if (!hasEnded(task)) throw new RequestRefusedError('not_ended', `${task.runId} is ${task.status}`);
      if (task.status === 'completed') throw new RequestRefusedError('not_failed', `${task.runId} is ${task.status}`);
      tick.retry(task);
      return idsOf(task);
    },

    user_input(data, { project, user }) {
      const task = findRunning(data, project);
      if (!isText(data.text, SAID_LENGTH))
        throw new RequestRefusedError('bad_data', `data.text must be a string of 1 to ${SAID_LENGTH} characters`);
      if (task.program !== 'conversation') throw new RequestRefusedError('takes_no_input', `${task.program} does not accept input`);
      executor.send(task, { say: data.text });
      announce.said(task, data.text, user);
      return idsOf(task);
    },

    /** From boards of the TaskTree format, or from any client if CECELIA_COMMAND_NAMES contains it. */
    task_updated({ id, title }, { project }) {
      const task = isText(id, 256) ? tick.find(id) : undefined;
      if (!task || (project !== undefined && task.project_id !== project))
        throw new RequestRefusedError('unknown_task', 'data.id must be the id of a task');
      task.title = readTitle(title);
      announce.renamed(task);
      return { id };
    },
  };

  /**
   * The task that a command names by its id or by an execution, which must be its last run. A command with a project id reaches only tasks of that project.
   * @param {Data} data @param {string | undefined} project
   */
  function findCurrent({ taskId, execution_id }, project) {
    if (taskId === undefined && execution_id === undefined)
      throw new RequestRefusedError('bad_data', 'data must contain a taskId or an execution_id');
    if (taskId !== undefined && !isText(taskId, 256)) throw new RequestRefusedError('bad_data', 'data.taskId must be the id of a task');
    if (execution_id !== undefined && !isText(execution_id, 256))
      throw new RequestRefusedError('bad_data', 'data.execution_id must be the id of an execution');
    const task = taskId !== undefined ? tick.find(taskId) : tick.findRun(/** @type {string} */ (execution_id));
    if (!task || (project !== undefined && task.project_id !== project))
      throw taskId !== undefined
        ? new RequestRefusedError('unknown_task', `there is no task ${taskId}`)
        : new RequestRefusedError('unknown_execution', `there is no execution ${execution_id}`);
    if (execution_id === undefined || execution_id === task.runId) return task;
    if (!task.earlierRuns.includes(execution_id))
      throw new RequestRefusedError('unknown_execution', `${task.id} has no execution ${execution_id}`);
    throw new RequestRefusedError('already_retried', `${execution_id} has ended, and was retried as ${task.runId}`);
  }

  /** @param {Data} data @param {string | undefined} project */
  function findRunning(data, project) {
    const task = findCurrent(data, project);
    if (hasEnded(task)) throw new RequestRefusedError('already_ended', `${task.runId} is ${task.status}`);
    if (task.status !== 'running' || task.cancelling)
      throw new RequestRefusedError('not_running', `${task.runId} is ${task.cancelling ? 'being cancelled' : task.status}`);
    return task;
  }

  /** Never rejects. @param {string} payload */
  async function handle(payload) {
    const command = parse(payload);
    if (!command) return console.warn('ignored a message that is not a command');
    const { cmd, type, data = {}, id, project_id, user } = command;
    const name = cmd ?? type;
    // An id may be an integer; this Brain uses text.
    const from = { project: project_id == null ? undefined : String(project_id), user: String(user ?? 'a user') };
    /** @type {import('./taskEvents.js').About} */
    const reply = { reply_to: /** @type {string} */ (id) };
    try {
      if (typeof name !== 'string' || !Object.hasOwn(commands, name))
        throw new RequestRefusedError('unknown_command', `the commands are ${Object.keys(commands).join(', ')}`);
      if (!isObject(data)) throw new RequestRefusedError('bad_data', 'data must be an object');
      const done = await commands[name](data, from);
      if (id != null) events.commandDone({ cmd: name, ...done }, reply);
    } catch (error) {
      if (!(error instanceof RequestRefusedError)) console.error(error); // A bug; continue with the next command.
      const { reason, message } =
        error instanceof RequestRefusedError ? error : { reason: 'internal_error', message: 'internal error in Brain' };
      if (id != null) events.workflow.error({ error: reason, message, cmd: String(name).slice(0, 100) }, reply);
    }
  }

  redis.on('error', () => {}); // The publisher reports the same error; ioredis keeps reconnecting.
  redis.on('message', (_, payload) => void handle(payload));
  redis.subscribe(channel).catch(() => {}); // Fails only at shutdown.
}

/** @param {Task} task */
function idsOf({ id: taskId, runId }) {
  return { taskId, execution_id: runId };
}

/** @param {Task} task */
function hasEnded({ status }) {
  return status !== 'queued' && status !== 'running';
}

/** @param {string} payload @returns {Data | undefined} */
function parse(payload) {
  try {
    const command = Buffer.byteLength(payload) <= COMMAND_BYTES ? JSON.parse(payload) : undefined;
    return isObject(command) ? command : undefined;
  } catch {
    return undefined;
  }
}
