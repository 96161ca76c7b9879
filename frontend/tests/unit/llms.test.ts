import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

// llms.txt is for agents that write code: what it shows must compile, and what it names must exist.

const root = resolve(import.meta.dirname, '../..');
const text = readFileSync(resolve(root, 'llms.txt'), 'utf8');
const blocks = [...text.matchAll(/^```(tsx?)\n([\s\S]*?)^```$/gm)].map(([, kind = '', code = ''], index) => ({
  name: resolve(root, `examples/llms-${index}.${kind}`),
  code,
}));

test('its code compiles as a file of the project does', () => {
  const file = resolve(root, 'tsconfig.json');
  const { options } = ts.parseJsonConfigFileContent(ts.readConfigFile(file, (name) => ts.sys.readFile(name)).config, ts.sys, dirname(file));
  const host = ts.createCompilerHost(options);
  const own = { ...host };
  const codeOf = (name: string) => blocks.find((block) => block.name === name)?.code;
  host.readFile = (name) => codeOf(name) ?? own.readFile(name);
  host.fileExists = (name) => codeOf(name) !== undefined || own.fileExists(name);
  host.getSourceFile = (name, version, ...rest) => {
    const code = codeOf(name);
    return code === undefined ? own.getSourceFile(name, version, ...rest) : ts.createSourceFile(name, code, version);
  };
  const program = ts.createProgram(
    blocks.map(({ name }) => name),
    options,
    host,
  );
  const problems = blocks.flatMap(({ name }) => ts.getPreEmitDiagnostics(program, program.getSourceFile(name)));

  expect(blocks.length).toBeGreaterThan(4);
  expect(problems.map(({ messageText, file: at }) => `${at?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`)).toEqual([]);
}, 60_000);

test('it has the shape of an llms.txt: a title, a summary, and sections with links', () => {
  expect(text).toMatch(/^# cecelia-client\n\n> /);
  for (const [, address = ''] of text.matchAll(/^- \[[^\]]+\]\(([^)]+)\): /gm))
    expect(() => readFileSync(resolve(root, address), 'utf8')).not.toThrow(/ENOENT/);
});

test('it names the entries of the package, and the package contains it', () => {
  const { exports, files } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as { exports: object; files: string[] };

  for (const entry of Object.keys(exports)) expect(text).toContain(`\`cecelia-client${entry.slice(1)}\``);
  expect(files).toContain('llms.txt');
});
