import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

// The code in the README and in docs/ is that of the files in examples/, which examples.test.tsx runs, and its table of options is complete.

const root = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(resolve(root, path), 'utf8');
const readme = read('README.md');
const pages = [readme, read('docs/stores.md')];

/** Each code block below a link to the file that it shows. */
const blocks = pages.flatMap((page) =>
  [...page.matchAll(/^\[(examples\/[\w.-]+)\]\((?:\.\.\/)?\1\).*(?:\n.*)?\n```\w+\n([\s\S]*?)^```$/gm)].map(([, file = '', code = '']) => ({
    file,
    code,
  })),
);

describe('Code in the README', () => {
  test('is one of the examples, each of them once', () => {
    const files = readdirSync(resolve(root, 'examples')).map((name) => `examples/${name}`);

    expect(blocks.map(({ file }) => file).sort()).toEqual(files.sort());
    // All other fences are shell commands, and the interface of a store.
    const fences = pages.flatMap((page) => page.match(/^```\w+/gm) ?? []);
    expect(fences.filter((fence) => fence !== '```sh')).toHaveLength(blocks.length + 1);
  });

  test.each(blocks)('is $file, unchanged', ({ file, code }) => {
    expect(code).toBe(read(file));
  });
});

test('the table of options has exactly the options of RelayClient', () => {
  const sources = read('src/services/relay-client-options.ts') + read('src/services/backoff.ts');
  const options = [...sources.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name);
  const table = /^## Options$([\s\S]*?)^## /m.exec(readme)?.[1] ?? '';
  const rows = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);

  expect(options).toContain('baseDelayMs');
  expect(rows.sort()).toEqual(options.sort());
});

test('links in the README have a target', () => {
  const headings = [...readme.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
  for (const [, address = ''] of readme.matchAll(/\]\(([^):]+)\)/g)) {
    if (address.startsWith('#')) expect(headings).toContain(address.slice(1));
    else expect(read(address.replace(/#.*/, '')), address).not.toBe('');
  }
});
