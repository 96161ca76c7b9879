// What every program of a task has: its input, lines up to Brain on stdout, lines from Brain on stdin.
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** The input of the task, as catalogue.js validated it. */
export const input = JSON.parse(process.argv[2] ?? '{}');

const lines = createInterface({ input: process.stdin });
// Brain has the other end: if it is closed, Brain has ended, and the work is no longer needed.
lines.on('close', () => process.exit(1));
process.stdin.unref?.();

/** Calls `handle` with each message from Brain from now on. */
export function listen(handle) {
  lines.on('line', (line) => handle(JSON.parse(line)));
}

/** Writes one JSON line for Brain: `progress` with a `message`, a `result`, or another field of executor.js. */
export function report(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** Runs `step(n)` for n from 0 to count - 1, reports progress at each whole percent and yields, so that input from Brain can be processed. */
export async function inSteps(count, step) {
  let reported = 0;
  for (let n = 0; n < count; n++) {
    step(n);
    const percent = Math.floor((100 * (n + 1)) / count);
    if (percent > reported && percent < 100) console.log(`progress: ${(reported = percent)}`);
    await nextTurn();
  }
}
