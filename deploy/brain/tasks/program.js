// What every program of a task has: its input, lines up to Brain on stdout, lines from Brain on stdin.
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** As catalogue.js checked it. */
export const input = JSON.parse(process.argv[2] ?? '{}');

const lines = createInterface({ input: process.stdin });
// Brain holds the other end: when that is gone, so is Brain, and the work is no longer needed.
lines.on('close', () => process.exit(1));
process.stdin.unref?.();

/** Calls `handle` with each thing that Brain says from now on. */
export function listen(handle) {
  lines.on('line', (line) => handle(JSON.parse(line)));
}

/** One JSON line for Brain: `progress` with a `message`, a `result`, or another message of executor.js. */
export function tell(news) {
  process.stdout.write(`${JSON.stringify(news)}\n`);
}

/** Does `step(n)` for n from 0 to count - 1, tells the progress at each whole percent, and gives what Brain says a chance to be heard. */
export async function inSteps(count, step) {
  let reported = 0;
  for (let n = 0; n < count; n++) {
    step(n);
    const percent = Math.floor((100 * (n + 1)) / count);
    if (percent > reported && percent < 100) console.log(`progress: ${(reported = percent)}`);
    await nextTurn();
  }
}
