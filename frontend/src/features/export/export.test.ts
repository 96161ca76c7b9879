import { parseJson } from 'cecelia-client';
import { expect, test } from 'vitest';
import type { Route } from '../navigation/route';
import { csvOf, isoTime } from './csv';
import { curlOf, requestPath, shellQuoted } from './curl';

const columns = [
  { name: 'a', value: (row: readonly unknown[]) => row[0] },
  { name: 'b', value: (row: readonly unknown[]) => row[1] },
];
const linesOf = (...rows: (readonly unknown[])[]) => csvOf(columns, rows).split('\r\n').slice(1, -1);

test('CSV begins with a byte order mark and the names, and ends each line with CR LF', () => {
  expect(csvOf(columns, [['x', '任务']])).toBe('\ufeffa,b\r\nx,任务\r\n');
});

test('fields with separators, quotes and line breaks are quoted', () => {
  expect(csvOf(columns, [['a,b', 'say "x"\nand']])).toBe('\ufeffa,b\r\n"a,b","say ""x""\nand"\r\n');
  expect(linesOf([undefined, null])).toEqual([',']);
});

test('a text that a spreadsheet would execute is made a text, and a number stays a number', () => {
  expect(linesOf(['=1+1', '+1'], ['-1', '@SUM(A1)'], ['\t=1', -5])).toEqual(["'=1+1,'+1", "'-1,'@SUM(A1)", "'\t=1,-5"]);
  expect(linesOf(['=HYPERLINK("x")', 'a=1'])).toEqual([`"'=HYPERLINK(""x"")",a=1`]);
});

// Node has it from version 21, and so has every browser of today.
test.skipIf(!('rawJSON' in JSON))('numbers in objects are exact', () => {
  expect(linesOf([parseJson('{"n":9007199254740993}')])).toEqual(['"{""n"":9007199254740993}",']);
});

test('times are ISO 8601, and an unknown one is empty', () => {
  expect(linesOf([isoTime(0), isoTime(null)])).toEqual([',']);
  expect(isoTime(1_700_000_000_000)).toBe('2023-11-14T22:13:20.000Z');
});

const route: Pick<Route, 'view' | 'execution' | 'task' | 'project' | 'shown'> = {
  view: 'board',
  execution: null,
  task: null,
  project: null,
  shown: { path: 'board', values: {} },
};

test.each([
  [{}, 'api/v1/state'],
  [{ project: 'a&b' }, 'api/v1/state?project=a%26b'],
  [{ task: 'a/b' }, 'api/v1/tasks/a%2Fb'],
  [{ view: 'executions', execution: 'e 1' }, 'api/v1/executions/e%201'],
  [
    { view: 'feed', project: 'p', shown: { path: 'feed', values: { event: 'task:failed' } } },
    'api/v1/history?project=p&events=task%3Afailed&limit=1000',
  ],
  [{ view: 'refused', project: 'p' }, 'api/v1/refused'],
  [{ view: 'connections' }, 'api/v1/connections'],
] as const)('the request of %j is %s', (part, path) => {
  expect(requestPath({ ...route, ...part })).toBe(path);
});

test('an address is one word of the shell, and the token is a variable', () => {
  expect(shellQuoted("a'b$(x)`y`")).toBe("'a'\\''b$(x)`y`'");
  expect(curlOf('http://h/a', false)).toBe("curl -sS 'http://h/a'");
  expect(curlOf('http://h/a', true)).toBe(`curl -sS -H "Authorization: Bearer $TOKEN" 'http://h/a'`);
});
