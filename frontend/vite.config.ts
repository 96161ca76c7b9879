import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vitest/config';
import { compileMessages } from './compile-messages';
import { firstFrame } from './first-frame-plugin';
import { serviceWorker } from './service-worker-plugin';
import { testLimitMs } from './test-limits';

/** Where `make dev` finds the relay. */
const relay = process.env.CECELIA_RELAY ?? 'http://localhost:5221';

export default defineConfig({
  // Relative, so that the page works under any path prefix.
  base: './',
  plugins: [react(), vue(), compileMessages(), firstFrame(), serviceWorker()],
  // The examples name the package as others do.
  resolve: {
    alias: [
      { find: /^cecelia-client$/, replacement: fileURLToPath(new URL('src/library/index.ts', import.meta.url)) },
      // Messages are parsed by the build.
      { find: '@formatjs/icu-messageformat-parser', replacement: '@formatjs/icu-messageformat-parser/no-parser.js' },
      { find: /^cecelia-client\/(.*)$/, replacement: fileURLToPath(new URL('src/library', import.meta.url)) + '/$1.ts' },
    ],
  },
  // The maps are for the coverage of the tests. They are not embedded in the relay.
  build: { outDir: 'dist/app', emptyOutDir: true, target: 'es2022', sourcemap: 'hidden' },
  server: {
    port: 5173,
    // /ws, /events, /api, …: everything that is the relay's.
    proxy: Object.fromEntries(
      ['/ws', '/events', '/api', '/livez', '/readyz', '/asyncapi.json'].map((path) => [
        path,
        { target: relay, ws: true, changeOrigin: true },
      ]),
    ),
  },
  test: {
    include: ['src/**/*.test.{ts,tsx}', 'contracts/**/*.test.js', 'tests/unit/**/*.test.{js,ts,tsx}', 'tests/relay/**/*.test.ts'],
    environment: 'node',
    setupFiles: ['tests/load-messages.ts'],
    restoreMocks: true,
    coverage: {
      include: ['src/**/*.{ts,tsx}'],
      // Generated; a check of its types; benchmarks.
      exclude: ['src/types/messages.ts', 'src/types/messages.check.ts', 'src/**/*.bench.ts'],
      reporter: ['json'],
      reportOnFailure: true,
      reportsDirectory: 'artifacts/coverage',
    },
    testTimeout: testLimitMs,
    hookTimeout: testLimitMs,
    teardownTimeout: testLimitMs,
  },
});
