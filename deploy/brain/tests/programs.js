// Test helpers: start programs, and wait with a deadline.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const PATIENCE_MS = 120_000; // Only a failing test waits this long. It is far more than any wait takes on a busy machine.

/** Deadline of a test with several waits. */
export const limits = { timeout: 600_000 };

const POLL_MS = 20;

/** The outcome of the promise; fails with the text of `describe` after the deadline. */
export async function within(promise, describe) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${PATIENCE_MS} ms: ${describe()}`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The first defined result of `ask`. */
export async function until(ask, describe) {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    const answer = await within(ask(), describe);
    if (answer) return answer;
    await delay(POLL_MS);
  }
  throw new Error(`not within ${PATIENCE_MS} ms: ${describe()}`);
}

const firstPort = 12_000;
const portCount = 20_000;
let ports = Math.floor(Math.random() * portCount); // A parallel run starts at another port.

/**
 * A port on which no process listened a moment ago. None twice, and none of those that the system gives to outgoing connections (32768 and above): one of
 * these might take it before a server has.
 */
export async function freePort() {
  for (;;) {
    const port = firstPort + (++ports % portCount);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

/**
 * Starts a program that ends with the test, or with this process. `output()` returns its output so far; `ended` rejects when it ends; `closed` is its
 * exit code.
 */
export function startProgram(test, command, args, options) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let output = '';
  const keep = (text) => (output += text);
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  const closed = new Promise((resolve) => child.once('close', (code) => resolve(code)));
  const ended = new Promise((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${command} ended with code ${code}: ${output}`)));
  });
  ended.catch(() => {}); // Only callers that are waiting need the error.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  test.after(async () => {
    process.removeListener('exit', kill);
    kill();
    await closed;
  });
  return { ended, closed, output: () => output, pid: child.pid, signal: (name) => child.kill(name) };
}
