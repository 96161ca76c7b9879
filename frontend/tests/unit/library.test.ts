import { gzipSync } from 'node:zlib';
import { resolve } from 'node:path';
import vue from '@vitejs/plugin-vue';
import { build, type Rollup, transformWithEsbuild } from 'vite';
import { expect, test } from 'vitest';
import { existsSync, readFileSync } from 'node:fs';

const root = resolve(import.meta.dirname, '../..');
const own = resolve(root, 'src');

interface Bundle {
  /** Of what a page loads at once, and of the modules that it loads when they are needed. */
  readonly gzipBytes: number;
  readonly laterBytes: number;
  /** Modules with code in the bundle; those of this project relative to `src`. */
  readonly modules: readonly string[];
  /** Imports of other packages. */
  readonly imports: readonly string[];
}

/** Bundles and minifies a page that consists of this code. */
async function bundle(code: string): Promise<Bundle> {
  const entry = '\0page';
  const output = await build({
    root,
    configFile: false,
    logLevel: 'silent',
    plugins: [
      vue(),
      { name: 'page', resolveId: (id) => (id === resolve(root, 'page') ? entry : null), load: (id) => (id === entry ? code : null) },
    ],
    resolve: {
      alias: [
        {
          find: /^cecelia-client(\/(.*))?$/,
          replacement: `${own}/library/$2`,
          customResolver: (id) => (id.endsWith('/') ? `${id}index.ts` : `${id}.ts`),
        },
      ],
    },
    build: {
      write: false,
      target: 'es2022',
      // Minified below: Vite does not minify the whitespace of a library. It adds its own code for dynamic imports to anything else.
      minify: false,
      lib: { entry: resolve(root, 'page'), formats: ['es'] },
      rollupOptions: {
        external: /^(react|react-dom|vue|zustand|@tanstack\/react-query)(\/|$)/,
      },
    },
  });
  const chunks = (Array.isArray(output) ? output : [output as Rollup.RollupOutput])
    .flatMap((part) => part.output)
    .filter((part) => part.type === 'chunk');
  const modules = chunks.flatMap((chunk) => Object.entries(chunk.modules)).filter(([, { renderedLength }]) => renderedLength > 0);
  const sizes = await Promise.all(chunks.map(async ({ code: text }) => gzipSync((await minify(text)).code, { level: 9 }).length));
  const sum = (isLater: boolean) => sizes.filter((_, index) => chunks[index]?.isDynamicEntry === isLater).reduce((a, b) => a + b, 0);
  return {
    gzipBytes: sum(false),
    laterBytes: sum(true),
    modules: modules.map(([id]) => id.replace(`${own}/`, '')).filter((id) => id !== entry),
    imports: chunks.flatMap((chunk) => chunk.imports),
  };
}

const minify = (code: string) => transformWithEsbuild(code, 'chunk.js', { minify: true, target: 'es2022', sourcemap: false });

const folders = ({ modules }: Bundle) => [...new Set(modules.map((module) => module.split('/')[0]))].sort();

test('the client is smaller than 7 KB, without framework and state', async () => {
  const client = await bundle("export { RelayClient, CommandError, isConnected } from 'cecelia-client';");
  console.info(`cecelia-client: ${client.gzipBytes} bytes minified and gzipped`);

  expect(client.gzipBytes).toBeLessThan(7 * 1024);
  // The event stream, which is loaded when no WebSocket can be opened.
  expect(client.laterBytes).toBeGreaterThan(0);
  expect(client.laterBytes).toBeLessThan(1.5 * 1024);
  // The hint for developers is loaded by the entries for development only.
  expect(client.modules).not.toContain('services/development-hint.ts');
  expect(client.imports).toEqual([]);
  expect(folders(client)).toEqual(['services']);
});

test('the core entry imports no other package', async () => {
  const core = await bundle("export * from 'cecelia-client';");
  console.info(`cecelia-client, all of it: ${core.gzipBytes} bytes minified and gzipped`);

  expect(core.imports).toEqual([]);
});

test('a single export includes only what it needs', async () => {
  const one = await bundle("export { isConnected } from 'cecelia-client';");

  expect(one.modules).toEqual(['services/connection-state.ts']);
  expect(one.gzipBytes).toBeLessThan(200);
});

test('the state imports no framework', async () => {
  const state = await bundle("export * from 'cecelia-client/state';");

  expect(state.imports).toEqual([]);
  expect(folders(state)).toEqual(['services', 'state']);
});

test('a hook imports React, and neither Vue nor zustand nor React Query', async () => {
  const hook = await bundle("export { useTaskStatus } from 'cecelia-client/react';");

  expect(new Set(hook.imports)).toEqual(new Set(['react']));
  expect(hook.modules).not.toContain('stores/connect-store.ts');
});

test.each(readmeEntries())('$name is as small as the README says', async ({ name, underBytes }) => {
  const { gzipBytes } = await bundle(`export * from '${name}';`);
  console.info(`${name}: ${gzipBytes} bytes minified and gzipped`);

  expect(gzipBytes).toBeLessThan(underBytes);
});

/** The table of entries in the README: a name first, a size in KB last. */
function readmeEntries() {
  const rows = readFileSync(resolve(root, 'README.md'), 'utf8').matchAll(/^\| `(cecelia-client[\w/-]*)` \|.*\| (\d+) KB \|$/gm);
  return [...rows].map(([, name = '', kilobytes]) => ({ name, underBytes: Number(kilobytes) * 1024 }));
}

test('every entry of the package has a source file', () => {
  const { exports } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as {
    exports: Record<string, { types: string; default: string }>;
  };
  expect(readmeEntries().map(({ name }) => name)).toEqual(Object.keys(exports).map((name) => `cecelia-client${name.slice(1)}`));
  for (const [name, { types, default: file }] of Object.entries(exports)) {
    const entry = name === '.' ? 'index' : name.slice(2);
    expect(file).toBe(`./dist/library/library/${entry}.js`);
    expect(types).toBe(`./dist/library/library/${entry}.d.ts`);
    expect(existsSync(resolve(own, `library/${entry}.ts`)), entry).toBe(true);
  }
});
