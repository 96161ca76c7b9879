import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

// The README's code is the files of examples/, which examples.test.tsx runs, and its table of options is the options.

const root = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(resolve(root, path), 'utf8');
const readme = read('README.md');

/** Each block of code, and the file that the line before it links to. */
const blocks = [...readme.matchAll(/^(.*)\n```(?:tsx?|vue)\n([\s\S]*?)^```$/gm)].map(([, before = '', code = '']) => ({
  file: /^\[(examples\/[\w.-]+)\]\(\1\)/.exec(before)?.[1],
  code,
}));

describe('Code in the README', () => {
  test('is an example, each of them once', () => {
    const files = readdirSync(resolve(root, 'examples')).map((name) => `examples/${name}`);

    expect(blocks.map(({ file }) => file).sort()).toEqual(files.sort());
    // Fences of any other kind are commands for a shell.
    expect(readme.match(/^```\w+/gm)?.filter((fence) => fence !== '```sh')).toHaveLength(blocks.length);
  });

  test.each(blocks)('is $file as it stands', ({ file = '', code }) => {
    expect(code).toBe(read(file));
  });
});

test('the table of options has each option of RelayClient, and no other', () => {
  const sources = read('src/services/relay-client-options.ts') + read('src/services/backoff.ts');
  const options = [...sources.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name);
  const table = /^## Options$([\s\S]*?)^## /m.exec(readme)?.[1] ?? '';
  const rows = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);

  expect(options).toContain('baseDelayMs');
  expect(rows.sort()).toEqual(options.sort());
});

test('addresses in the README lead somewhere', () => {
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
