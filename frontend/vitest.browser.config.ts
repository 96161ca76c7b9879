import { defineConfig } from 'vitest/config';
import { testLimitMs } from './test-limits';

/** The tests that drive a real browser against the real relay and a real Redis. Each file starts its own, so that two files run at the same time. */
export default defineConfig({
  test: {
    include: ['tests/browser/**/*.test.ts'],
    environment: 'node',
    testTimeout: testLimitMs,
    hookTimeout: testLimitMs,
    teardownTimeout: testLimitMs,
    maxWorkers: 2,
  },
});
