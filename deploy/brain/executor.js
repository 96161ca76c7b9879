import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** @typedef {import('./tick.js').Task} Task */
/** @typedef {import('node:child_process').ChildProcessWithoutNullStreams} Child */

/**
 * The content of one line of a program's output.
 * @typedef {object} News
 * @property {number} [progress] From 0 to 100.
 * @property {string} [message]
 * @property {unknown} [result]
 * @property {string[]} [plan] Nodes of a workflow.
 * @property {string[]} [parallel] Nodes that start in parallel.
 * @property {string} [node] The node of `state`, `token` or `usage`.
 * @property {string} [state]
 * @property {string} [token]
 * @property {Record<string, number>} [usage]
 * @property {string} [log] Any other line.
 */

/** @typedef {{ ok: true } | { ok: false, error: string }} Outcome */
/** @typedef {{ child: Child, gone: Promise<void> }} Process */

const LINE_LENGTH = 16_384;
const ERROR_LENGTH = 2000;
const KILL_MS = 3000;

/**
 * Runs each task as a separate process, with one task per slot. Input and output of the processes are lines of text.
 * @param {object} options
 * @param {number} options.slots
 * @param {(task: Task, news: News) => void} options.onNews In the order of the output, and before `onEnd`.
 * @param {(task: Task, outcome: Outcome) => void} options.onEnd The slot is free again.
 */
export function createExecutor({ slots, onNews, onEnd }) {
  /** @type {Map<Task, Process>} */
  const running = new Map();

  return {
    slots,

    get free() {
      return slots - running.size;
    },

    /** @param {Task} task */
    start(task) {
      const program = fileURLToPath(new URL(`tasks/${task.program}.js`, import.meta.url));
      const child = spawn(process.execPath, [program, JSON.stringify(task.input)], { stdio: 'pipe', env: { PATH: process.env.PATH } });
      task.pid = child.pid;
      /** @type {Promise<void>} */
      const gone = new Promise((resolve) => {
        let stderrTail = '';
        /** @param {number | null} code @param {NodeJS.Signals | null} signal */
        const end = (code, signal) => {
          if (!running.delete(task)) return;
          task.pid = undefined;
          onEnd(
            task,
            code === 0
              ? { ok: true }
              : { ok: false, error: stderrTail.trim() || (signal ? `ended by ${signal}` : `ended with code ${code}`) },
          );
          resolve();
        };
        child.once('close', end);
        child.once('error', (error) => {
          stderrTail ||= error.message;
          if (child.pid === undefined) end(null, null); // It did not start.
        });
        // If the process did not start there may be no streams.
        child.stderr?.setEncoding('utf8').on('data', (text) => (stderrTail = (stderrTail + text).slice(-ERROR_LENGTH)));
        child.stdin?.on('error', () => {}); // It ended while input was being written.
        if (child.stdout) readLines(child.stdout, (line) => onNews(task, newsOf(line)));
      });
      running.set(task, { child, gone });
    },

    /** The kernel stops the process, so programs need no support for it. @param {Task} task */
    pause: (task) => running.get(task)?.child.kill('SIGSTOP') ?? false,

    /** @param {Task} task */
    resume: (task) => running.get(task)?.child.kill('SIGCONT') ?? false,

    /** Writes a message to the program's input. @param {Task} task @param {Record<string, unknown>} message */
    send: (task, message) => running.get(task)?.child.stdin.write(`${JSON.stringify(message)}\n`),

    /** Terminates the process of a task and returns when it has exited. @param {Task} task */
    cancel: (task) => terminate(running.has(task) ? [/** @type {Process} */ (running.get(task))] : []),

    /** Terminates all running processes and returns when every process has exited. */
    stop: () => terminate([...running.values()]),
  };
}

/** Terminates processes, with SIGKILL after 3 s, and returns when every process has exited. @param {Process[]} all */
async function terminate(all) {
  for (const { child } of all) {
    child.kill('SIGTERM');
    child.kill('SIGCONT'); // A stopped process receives the other signal only after this.
  }
  const late = setTimeout(() => all.forEach(({ child }) => child.kill('SIGKILL')), KILL_MS);
  await Promise.all(all.map(({ gone }) => gone));
  clearTimeout(late);
}

/**
 * Parses `progress: 42`, a JSON object, or a line for the log.
 * @param {string} line
 * @returns {News}
 */
function newsOf(line) {
  const percent = /^progress: (\d{1,3})$/.exec(line)?.[1];
  if (percent) return { progress: Number(percent) };
  try {
    const news = JSON.parse(line);
    if (typeof news === 'object' && news !== null) return news;
  } catch {
    // Not JSON: a line for the log.
  }
  return { log: line };
}

/**
 * Splits a stream into lines of at most 16,384 characters. A longer line is truncated and marked.
 * @param {import('node:stream').Readable} stream
 * @param {(line: string) => void} onLine
 */
function readLines(stream, onLine) {
  let rest = '';
  let isTooLong = false;
  const end = () => {
    if (rest !== '') onLine(isTooLong ? `${rest} … (the line is longer)` : rest);
    rest = '';
    isTooLong = false;
  };
  stream.setEncoding('utf8').on('data', (text) => {
    const [first, ...others] = text.split('\n');
    for (const [index, part] of [first, ...others].entries()) {
      if (index > 0) end();
      isTooLong ||= rest.length + part.length > LINE_LENGTH;
      rest = (rest + part).slice(0, LINE_LENGTH);
    }
  });
  stream.on('end', end);
}
