import { defineConfig } from 'vitest/config';

/** The tests that drive a real browser against the real relay and a real Redis. One after the other: each measures what it has started. */
export default defineConfig({
  test: {
    include: ['tests/browser/**/*.test.ts'],
    environment: 'node',
    testTimeout: 90_000,
    hookTimeout: 90_000,
    fileParallelism: false,
  },
});
