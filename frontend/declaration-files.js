import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// Node's own rules want imports with the file's whole name, in types too; the compiler leaves names as the sources have them.
const folder = new URL('dist/library/', import.meta.url).pathname;
for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.d.ts'))) {
  const text = readFileSync(join(folder, name), 'utf8');
  writeFileSync(join(folder, name), text.replaceAll(/(from |import\()(['"])(\.{1,2}\/[^'"]+?)(\.js)?\2/g, '$1$2$3.js$2'));
}
