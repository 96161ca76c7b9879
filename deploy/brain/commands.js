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
  /** @type {Record<string, (data: Data, from: { project?: string, user: string }) => Data>} */
  const commands = {
    start_session(data, { project: project_id }) {
      const { workflow: program = 'conversation', ...rest } = data;
      const task = tick.create(parseTaskRequest({ ...rest, program, ...(project_id !== undefined && { project_id }) }));
      return { taskId: task.id, execution_id: task.runId };
    },

    pause_session(data, { project }) {
      const task = findRunning(data, project);
      if (task.paused) throw new RequestRefusedError('already_paused', `${task.runId} is already paused`);
      executor.pause(task);
      task.paused = true;
      announce.paused(task);
      return { execution_id: task.runId };
    },

    resume_session(data, { project }) {
      const task = findRunning(data, project);
      if (!task.paused) throw new RequestRefusedError('not_paused', `${task.runId} is not paused`);
      executor.resume(task);
      task.paused = false;
      announce.resumed(task);
      return { execution_id: task.runId };
    },

    user_input(data, { project, user }) {
      const task = findRunning(data, project);
      if (!isText(data.text, SAID_LENGTH))
        throw new RequestRefusedError('bad_data', `data.text must be a string of 1 to ${SAID_LENGTH} characters`);
      if (task.program !== 'conversation') throw new RequestRefusedError('takes_no_input', `${task.program} does not accept input`);
      executor.send(task, { say: data.text });
      announce.said(task, data.text, user);
      return { execution_id: task.runId };
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

  /** A command with a project id reaches only executions of that project. @param {Data} data @param {string | undefined} project */
  function findRunning({ execution_id }, project) {
    if (!isText(execution_id, 256)) throw new RequestRefusedError('bad_data', 'data.execution_id must be the id of an execution');
    const task = tick.findRun(execution_id);
    if (!task || (project !== undefined && task.project_id !== project))
      throw new RequestRefusedError('unknown_execution', `there is no execution ${execution_id}`);
    if (task.status !== 'running') throw new RequestRefusedError('not_running', `${execution_id} is ${task.status}`);
    return task;
  }

  /** @param {string} payload */
  function handle(payload) {
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
      const done = commands[name](data, from);
      if (id != null) events.commandDone({ cmd: name, ...done }, reply);
    } catch (error) {
      if (!(error instanceof RequestRefusedError)) console.error(error); // A bug; continue with the next command.
      const { reason, message } =
        error instanceof RequestRefusedError ? error : { reason: 'internal_error', message: 'internal error in Brain' };
      if (id != null) events.workflow.error({ error: reason, message, cmd: String(name).slice(0, 100) }, reply);
    }
  }

  redis.on('error', () => {}); // The publisher reports the same error; ioredis keeps reconnecting.
  redis.on('message', (_, payload) => handle(payload));
  redis.subscribe(channel).catch(() => {}); // Fails only at shutdown.
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
