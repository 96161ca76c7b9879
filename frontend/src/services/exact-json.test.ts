import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

beforeEach(() => vi.resetModules());
afterEach(() => vi.unstubAllGlobals());

/** The module in an engine that gives the source text of numbers. Node 20 has that behind a flag, in contexts made after it is set. */
async function inNewEngine() {
  if (!('rawJSON' in JSON)) {
    setFlagsFromString('--harmony-json-parse-with-source');
    vi.stubGlobal('JSON', runInNewContext('JSON'));
  }
  return await import('./exact-json');
}

/** The module in an engine that does not. */
async function inOldEngine() {
  const { parse, stringify } = JSON;
  vi.stubGlobal('JSON', { parse, stringify });
  return await import('./exact-json');
}

const texts = [
  '{"a":9007199254740993}',
  '[9007199254740993,[-9007199254740993]]',
  '{"a":{"b":7.0},"c":[1e3,-0,1E-7,1e400]}',
  '{"a": 0.30000000000000004, "b": 0.1000000000000000055 }',
  '{"a":12345678901234567890123,"__proto__":{"b":9007199254740993}}',
  '{"a":"9007199254740993","b":":9007199254740993,","c":9007199254740992}',
];

describe('JSON', () => {
  test.each(texts)('is written with the numbers of the parsed text: %s', async (text) => {
    const { exactJson, isExact, parseJson } = await inNewEngine();
    const value = parseJson(text);
    expect(exactJson(value)).toBe(text.replaceAll(/(?<=[:,{]) | (?=})/g, ''));
    expect(isExact(value)).toBe(true);
  });

  test.each(texts)('has the values of JSON.parse: %s', async (text) => {
    const { parseJson } = await inNewEngine();
    expect(JSON.stringify(parseJson(text))).toBe(JSON.stringify(JSON.parse(text)));
  });

  test('merging keeps the texts of numbers, except those of replaced members', async () => {
    const { exactJson, mergeExactly, parseJson } = await inNewEngine();
    const [first, second] = ['{"a":9007199254740993,"b":9007199254740993}', '{"b":1,"c":7.0}'].map((text) => parseJson(text) as object);
    expect(exactJson(mergeExactly(first ?? {}, second ?? {}))).toBe('{"a":9007199254740993,"b":1,"c":7.0}');
    expect(exactJson(mergeExactly(second ?? {}, { b: 2 }))).toBe('{"b":2,"c":7.0}');
  });

  test('is not exact if the engine does not provide the text', async () => {
    const { exactJson, isExact, parseJson } = await inOldEngine();
    const value = parseJson('{"a":[{"b":9007199254740993}]}');
    expect(exactJson(value)).toBe('{"a":[{"b":9007199254740992}]}');
    expect(isExact(value)).toBe(false);
    expect(isExact(parseJson('{"a":[{"b":9007199254740991}],"c":null,"d":"9007199254740993"}'))).toBe(true);
  });
});
