import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TYPES, writeTypes } from '../contracts.js';
import { limits } from './programs.js';

test('types of the events match the schema', () => {
  assert.equal(readFileSync(TYPES, 'utf8'), writeTypes(), 'npm run contracts writes them again');
});

test('types accept valid calls and refuse invalid ones', limits, () => {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [tsc, '--project', fileURLToPath(new URL('../jsconfig.json', import.meta.url))],
    { encoding: 'utf8' },
  );

  assert.equal(status, 0, stdout + stderr);
});
