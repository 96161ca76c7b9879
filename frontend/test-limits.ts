/**
 * The deadline of every wait, in milliseconds. Only a failing test waits so long, so it is far more than any takes on a machine that ten others use.
 */
export const patienceMs = 120_000;

/** For one test or hook with several waits, in milliseconds. Vitest's own 5 s would decide results on a busy machine. */
export const testLimitMs = 600_000;

/** How often to repeat what is repeated `count` times in `make test`. `CECELIA_TEST_LONG` is a factor, which `make verify` sets. */
export function times(count: number): number {
  const factor = Number(process.env.CECELIA_TEST_LONG ?? '1');
  if (!Number.isInteger(factor) || factor < 1 || factor > 999)
    throw new Error(`CECELIA_TEST_LONG=${process.env.CECELIA_TEST_LONG ?? ''}: expected a whole number from 1 to 999`);
  return count * factor;
}
