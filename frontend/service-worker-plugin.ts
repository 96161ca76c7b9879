import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const source = fileURLToPath(new URL('src/app/service-worker.js', import.meta.url));
const placeholder = "const shell = { version: '', files: [] };";

/** Writes sw.js, the service worker with the names of the built files. It lies beside the page, since its place is the scope of what it serves. */
export function serviceWorker(): Plugin {
  return {
    name: 'service-worker',
    apply: 'build',
    async generateBundle(_, bundle) {
      const files = Object.keys(bundle)
        .filter((name) => name.startsWith('assets/') && !name.endsWith('.map'))
        .sort();
      const code = await readFile(source, 'utf8');
      if (!code.includes(placeholder)) this.error(`${source} has no place for the names of the files`);
      const version = createHash('sha256').update(code).update(files.join('\n')).digest('hex').slice(0, 12);
      const written = code.replace(placeholder, () => `const shell = ${JSON.stringify({ version, files })};`);
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: written });
    },
  };
}
