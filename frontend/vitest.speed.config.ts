import { defineConfig } from 'vitest/config';
import { testLimitMs } from './test-limits';

/** How the Command Center bears load; prints figures, and is no part of `npm test`: a figure depends on the machine. `npm run speed`. */
export default defineConfig({
  test: {
    include: ['tests/speed/**/*.test.ts'],
    environment: 'node',
    testTimeout: testLimitMs,
    hookTimeout: testLimitMs,
    teardownTimeout: testLimitMs,
    fileParallelism: false,
  },
});
