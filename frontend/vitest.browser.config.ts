import { defineConfig } from 'vitest/config';
import { testLimitMs } from './test-limits';

/**
 * The tests that drive a real browser against the real relay and a real Redis. All files share one browser. Each starts a relay and a Redis of its own,
 * so that two files run at the same time.
 */
export default defineConfig({
  test: {
    include: ['tests/browser/**/*.test.ts'],
    globalSetup: ['tests/browser/shared-chromium.ts'],
    environment: 'node',
    // Playwright, Vite and the Redis client are loaded once in each worker instead of once in each file.
    isolate: false,
    testTimeout: testLimitMs,
    hookTimeout: testLimitMs,
    teardownTimeout: testLimitMs,
    maxWorkers: 2,
  },
});
