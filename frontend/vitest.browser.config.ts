import { defineConfig } from 'vitest/config';
import { testLimitMs } from './test-limits';

/** The tests that drive a real browser against the real relay and a real Redis. One after the other: each measures what it has started. */
export default defineConfig({
  test: {
    include: ['tests/browser/**/*.test.ts'],
    environment: 'node',
    testTimeout: testLimitMs,
    hookTimeout: testLimitMs,
    teardownTimeout: testLimitMs,
    fileParallelism: false,
  },
});
