import { defineConfig } from 'vitest/config';

/** How the Command Center bears load; prints figures, and is no part of `npm test`: a figure depends on the machine. `npm run speed`. */
export default defineConfig({
  test: { include: ['tests/speed/**/*.test.ts'], environment: 'node', testTimeout: 300_000, hookTimeout: 90_000, fileParallelism: false },
});
