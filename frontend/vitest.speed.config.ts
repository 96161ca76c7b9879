import { defineConfig } from 'vitest/config';
import { testLimitMs } from './test-limits';

/** Measures the Command Center under load and prints figures. It is not part of `npm test`: a figure depends on the machine. `npm run speed`. */
export default defineConfig({
  test: {
    include: ['tests/speed/**/*.test.ts'],
    environment: 'node',
    // Beside the time of the measurement.
    testTimeout: testLimitMs + Number(process.env.DURATION_SECONDS ?? 60) * 1000,
    hookTimeout: testLimitMs,
    teardownTimeout: testLimitMs,
    fileParallelism: false,
  },
});
