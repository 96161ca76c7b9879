import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateDtsBundle } from 'dts-bundle-generator';
import { build } from 'vite';

// Writes dist/client, the files that the relay serves for users of the package: client.js, a module for pages without a bundler, client.d.ts, its types, and
// client.tgz, the package itself. `npm run build` calls it after the package was built. The archive is the last file that it writes.

const root = fileURLToPath(new URL('.', import.meta.url));
const folder = join(root, 'dist/client');
const staged = join(root, 'dist/package');
const entry = join(root, 'src/library/browser.ts');

await build({
  root,
  configFile: false,
  logLevel: 'warn',
  publicDir: false,
  define: { 'process.env.NODE_ENV': '"production"' },
  build: {
    outDir: folder,
    emptyOutDir: true,
    target: 'es2022',
    minify: 'esbuild',
    modulePreload: false,
    rollupOptions: {
      input: entry,
      preserveEntrySignatures: 'strict',
      output: { entryFileNames: 'client.js', inlineDynamicImports: true },
    },
  },
});

const [types] = generateDtsBundle([{ filePath: entry, output: { noBanner: true, sortNodes: true } }], {
  preferredConfigPath: join(root, 'tsconfig.library.json'),
});
writeFileSync(join(folder, 'client.d.ts'), types);

// What a user of the package does not need stays out: the tools, the scripts and the mark that keeps it out of the public registry.
const leftOut = ['private', 'scripts', 'devDependencies', 'overrides'];
const whole = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const manifest = Object.fromEntries(Object.entries(whole).filter(([name]) => !leftOut.includes(name)));
rmSync(staged, { recursive: true, force: true });
mkdirSync(staged, { recursive: true });
writeFileSync(join(staged, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
for (const name of manifest.files) cpSync(join(root, name), join(staged, name), { recursive: true });
cpSync(join(root, 'README.md'), join(staged, 'README.md'));
cpSync(join(root, '../LICENSE'), join(staged, 'LICENSE'));

// npm writes the same bytes for the same files: it sets all times to a constant.
const [{ filename }] = JSON.parse(
  execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: staged, encoding: 'utf8' }),
);
renameSync(join(folder, filename), join(folder, 'client.tgz'));
