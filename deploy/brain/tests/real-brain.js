// For tests.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startProgram, until } from './programs.js';

const INDEX = fileURLToPath(new URL('../index.js', import.meta.url));

/** The small Brain as a listening process. `post(task)` returns status and body; `ended()` returns the exit code after a signal. */
export async function startBrain(test, redisUrl, settings = {}) {
  const brain = startProgram(test, process.execPath, [INDEX], {
    env: { PATH: process.env.PATH, BRAIN_PORT: '0', CECELIA_REDIS_URL: redisUrl, ...settings },
  });
  const address = await until(async () => /(http:\S+)\/tasks/.exec(brain.output())?.[1], brain.output);
  const ask = async (path, options) => {
    const response = await fetch(address + path, options);
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
  return {
    ...brain,
    address,
    ask,
    post: (task) => ask('/tasks', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(task) }),
    /** The task, as soon as it satisfies the condition. */
    taskWhen: (id, isSo) =>
      until(async () => {
        const { body } = await ask(`/tasks/${id}`);
        return isSo(body) && body;
      }, brain.output),
  };
}

/** The kernel's state of a process (Linux): R, S, T, Z and so on; empty if it does not exist. */
export function stateOf(pid) {
  try {
    // The name before it, in brackets, may contain any character.
    return /\) (\w) [^)]*$/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))[1];
  } catch {
    return '';
  }
}

/** True for a running process; a zombie is not alive. */
export function isAlive(pid) {
  return !['', 'Z', 'X'].includes(stateOf(pid));
}
