import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

// The code in the README is that of the files in examples/, which examples.test.tsx runs, and its table of options is complete.

const root = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(resolve(root, path), 'utf8');
const readme = read('README.md');

/** Each code block, and the file that the line before it links to. */
const blocks = [...readme.matchAll(/^(.*)\n```(?:tsx?|vue)\n([\s\S]*?)^```$/gm)].map(([, before = '', code = '']) => ({
  file: /^\[(examples\/[\w.-]+)\]\(\1\)/.exec(before)?.[1],
  code,
}));

describe('Code in the README', () => {
  test('is one of the examples, each of them once', () => {
    const files = readdirSync(resolve(root, 'examples')).map((name) => `examples/${name}`);

    expect(blocks.map(({ file }) => file).sort()).toEqual(files.sort());
    // All other fences are shell commands.
    expect(readme.match(/^```\w+/gm)?.filter((fence) => fence !== '```sh')).toHaveLength(blocks.length);
  });

  test.each(blocks)('is $file, unchanged', ({ file = '', code }) => {
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
