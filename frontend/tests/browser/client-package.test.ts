import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { compile } from 'svelte/compiler';
import { build, createServer as createVite, type InlineConfig, type Plugin } from 'vite';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { endAfterAll } from './end-after-all';
import { freePort, until } from './programs';
import { testBed } from './test-bed';

// The package as its users get it: installed from a running relay, in Node, with TypeScript, with Vite, and as /client.js without any of them.

const root = resolve(import.meta.dirname, '../..');
const run = promisify(execFile);

const { redis, relay, newPage } = testBed();
let project: string;

const end = endAfterAll();

beforeAll(async () => {
  project = end(await mkdtemp(join(tmpdir(), 'cecelia-project-')), (folder) => rm(folder, { recursive: true }));
  await writeFile(join(project, 'package.json'), '{"name":"project","private":true,"type":"module"}');
  // An address without a server as the registry: the package needs nothing else. With peers, npm would ask it for those that are optional.
  const settings = ['--registry=http://127.0.0.1:9', `--cache=${join(project, '.npm')}`, '--legacy-peer-deps', '--no-audit', '--no-fund'];
  await run('npm', ['install', `${relay.origin}/client.tgz`, ...settings], { cwd: project });
  await mkdir(join(project, 'node_modules/@types'));
  for (const name of ['react', 'react-dom', 'ws', '@types/react', 'scheduler', 'csstype', 'svelte'])
    await symlink(join(root, 'node_modules', name), join(project, 'node_modules', name));
});

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Publishes until what is asked for is there: a client may not be subscribed yet. */
const untilSeen = (ask: () => boolean | Promise<boolean>, describe: () => string) =>
  until(async () => {
    await redis.publish({ event: 'task:progress', data: { taskId: 't1', status: 'running', progress: 30 } });
    return ask();
  }, describe);

test('the installed package has what a user needs, and nothing else', async () => {
  const installed = join(project, 'node_modules/cecelia-client');
  const manifest = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as Record<string, unknown>;

  expect(Object.keys(manifest)).not.toContain('scripts');
  expect(Object.keys(manifest)).not.toContain('devDependencies');
  expect(Object.keys(manifest)).not.toContain('private');
  expect(manifest.dependencies).toBeUndefined();
  for (const name of ['README.md', 'LICENSE', 'llms.txt', 'docs/stores.md', 'examples/start.ts'])
    expect((await readFile(join(installed, name), 'utf8')).length, name).toBeGreaterThan(100);
});

test('a program in Node receives an event', async () => {
  await writeFile(
    join(project, 'program.js'),
    `import { RelayClient } from 'cecelia-client';
     import { WebSocket } from 'ws';
     const client = new RelayClient({ url: '${relay.origin}/ws', WebSocket });
     client.on('task:progress', ({ data }) => { console.log(JSON.stringify(data)); client.close(); });
     client.connect();`,
  );
  let output: string | undefined;
  const program = run('node', ['program.js'], { cwd: project }).then(({ stdout }) => (output = stdout));
  await untilSeen(
    () => output !== undefined,
    () => 'an event in Node',
  );
  await program;

  expect(output).toBe('{"taskId":"t1","status":"running","progress":30}\n');
});

test('code with all entries, and with /client.js, compiles in strict mode with the resolution of Node', async () => {
  await writeFile(
    join(project, 'code.tsx'),
    `import { RelayClient } from 'cecelia-client';
     import { RelayProvider, useTaskStatus } from 'cecelia-client/react';
     import { relayView, taskStore } from 'cecelia-client/state';
     const client: RelayClient = new RelayClient({ url: '/ws' });
     client.on('task:progress', ({ data }) => { const progress: number | null | undefined = data.progress; return progress; });
     export const count: number = taskStore(relayView()).getSnapshot().tasks.length;
     function Tasks() { return <p>{useTaskStatus().tasks[0]?.taskId}</p>; }
     export const page = <RelayProvider url="/ws"><Tasks /></RelayProvider>;`,
  );
  // Its types are those of its exports.
  const response = await fetch(`${relay.origin}/client.js`);
  const types = new URL(response.headers.get('x-typescript-types') ?? '', response.url);
  await writeFile(join(project, 'client.d.ts'), await (await fetch(types)).text());
  await writeFile(join(project, 'client.js'), await response.text());
  const names = Object.keys((await import(/* @vite-ignore */ join(project, 'client.js'))) as object).sort();
  await writeFile(
    join(project, 'page.ts'),
    `import { ${names.join(', ')} } from './client.js';\nexport const all = [${names.join(', ')}];\nnew RelayClient({ url: '/ws' }).connect();`,
  );
  const options = '--noEmit --strict --module nodenext --target es2022 --jsx react-jsx --lib es2023,dom,dom.iterable'.split(' ');
  await run(join(root, 'node_modules/.bin/tsc'), [...options, 'code.tsx', 'page.ts'], { cwd: project }).catch((error: unknown) => {
    throw new Error((error as { stdout: string }).stdout);
  });

  expect(names).toContain('RelayClient');
  expect(names).toContain('taskStore');
  await run('node', ['-e', "import('cecelia-client/react').then(({ useTaskStatus }) => { if (!useTaskStatus) process.exit(1); })"], {
    cwd: project,
  });
});

/** Opens a page, and collects its errors and the warnings of the package. */
async function open(address: string) {
  const page = await newPage();
  const warnings: string[] = [];
  page.on('console', (line) => {
    if (line.type() === 'warning' && line.text().startsWith('cecelia-client')) warnings.push(line.text());
  });
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(address);
  return { page, warnings, errors };
}

test('the page of the examples, of another origin and without a bundler, shows live events', async () => {
  const example = (await readFile(join(root, 'examples/page.html'), 'utf8')).replaceAll('http://localhost:5221', relay.origin);
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(example));
  const port = await freePort();
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
  try {
    const { page } = await open(`http://localhost:${port}/`);
    const line = page.getByText('task:progress').first();
    await untilSeen(
      () => line.isVisible(),
      () => 'an event on the page',
    );
  } finally {
    server.close();
  }
});

/** A project with Vite: the page of the entry file `main.js`, and the configuration file of the examples or none. */
async function viteProject(name: string, main: string): Promise<InlineConfig> {
  const folder = join(project, name);
  await mkdir(folder);
  await writeFile(
    join(folder, 'index.html'),
    '<!doctype html><html lang="en"><title>Page</title><p></p><script type="module" src="./main.js"></script></html>',
  );
  await writeFile(join(folder, 'main.js'), main);
  return { root: folder, configFile: false, logLevel: 'error', cacheDir: join(folder, '.vite') };
}

const main = `import { RelayClient } from 'cecelia-client';
  const client = new RelayClient({ url: '/ws', baseDelayMs: 20, maxDelayMs: 20, openTimeoutMs: 500 });
  client.onState(({ status, attempts }) => { document.title = status + ' ' + attempts; });
  client.on('task:progress', ({ data }) => { document.querySelector('p').textContent = 'Progress ' + data.progress; });
  client.connect();`;

test('a page on a development server of Vite with the proxy of the examples receives live events', async () => {
  const config = await viteProject('proxied', main);
  vi.stubEnv('CECELIA_RELAY', relay.origin);
  const port = await freePort();
  const server = await createVite({
    ...config,
    configFile: join(root, 'examples/vite.config.ts'),
    server: { port, host: '127.0.0.1', hmr: false },
  });
  await server.listen();
  try {
    const { page, warnings } = await open(`http://127.0.0.1:${port}/`);
    const line = page.getByText('Progress 30');
    await untilSeen(
      () => line.isVisible(),
      () => 'an event through the proxy',
    );
    expect(warnings).toEqual([]);
  } finally {
    await server.close();
  }
});

test('the examples of docs/stores.md show live tasks: plain modules, Svelte with runes, and a store of Svelte', async () => {
  const config = await viteProject(
    'stores',
    `import { mount } from 'svelte';
     import { executorStore, relayView } from 'cecelia-client/state';
     import { toReadable } from './svelte-store.ts';
     import Tasks from './tasks.svelte';
     const place = (id) => document.documentElement.appendChild(Object.assign(document.createElement('div'), { id }));
     mount(Tasks, { target: place('runes') });
     const count = place('store');
     toReadable(executorStore(relayView({ url: '/ws' }))).subscribe(({ activeCount }) => { count.textContent = activeCount + ' running'; });
     void import('./stores.ts');`,
  );
  const folder = config.root ?? '';
  for (const name of ['stores.ts', 'svelte-store.ts', 'tasks.svelte']) await cp(join(root, 'examples', name), join(folder, name));
  const svelte: Plugin = {
    name: 'svelte',
    transform: (code, id) => (id.endsWith('.svelte') ? compile(code, { filename: id }).js : undefined),
  };
  // Found one after the other, they would be bundled again, and the page would have to be loaded again.
  const include = [
    'svelte',
    'svelte/internal/client',
    'svelte/internal/disclose-version',
    'svelte/reactivity',
    'svelte/store',
    'cecelia-client/state',
  ];
  const port = await freePort();
  const proxy = { '/ws': { target: relay.origin, ws: true, changeOrigin: true } };
  const server = await createVite({
    ...config,
    plugins: [svelte],
    optimizeDeps: { include },
    server: { port, host: '127.0.0.1', hmr: false, proxy },
  });
  await server.listen();
  try {
    await redis.publish({ event: 'executor:status', data: { activeCount: 2, availableSlots: 3 } });
    const { page, errors } = await open(`http://127.0.0.1:${port}/`);
    for (const [place, shown] of [
      ['#runes li', 't1: running'],
      ['#store', '2 running'],
      ['body', '2 running, 3 slots free'],
      ['body', 't1: running'],
    ] as const) {
      const line = page.locator(place).filter({ hasText: shown }).first();
      await untilSeen(
        () => line.isVisible(),
        () => `${shown} in ${place}: ${errors.join('; ')}`,
      );
    }
  } finally {
    await server.close();
  }
});

test('a page on a development server without the proxy warns once what to set', async () => {
  const config = await viteProject('lost', main);
  const port = await freePort();
  const server = await createVite({ ...config, server: { port, host: '127.0.0.1', hmr: false } });
  await server.listen();
  try {
    const { page, warnings } = await open(`http://127.0.0.1:${port}/`);
    await until(
      () => warnings.length > 0,
      () => 'a warning',
    );
    await page.waitForFunction(() => Number(document.title.split(' ')[1]) > 4);

    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`ws://127.0.0.1:${port}/ws`);
    expect(warnings[0]).toContain('is not a relay');
    expect(warnings[0]).toContain('url="http://localhost:5221/ws"');
  } finally {
    await server.close();
  }
});

test('a production build contains nothing of the warning', async () => {
  const config = await viteProject('built', main);
  vi.stubEnv('NODE_ENV', 'production'); // Vitest's own makes it a build for development.
  const output = await build({ ...config, build: { write: false } });
  const code = (Array.isArray(output) ? output : 'output' in output ? [output] : [])
    .flatMap(({ output: parts }) => parts)
    .map((part) => (part.type === 'chunk' ? part.code : ''))
    .join('\n');

  expect(code.includes('cecelia.v1')).toBe(true);
  expect(code.includes('no connection to')).toBe(false);
});
