import type { LogEvent } from 'cecelia-client';
import type { KnownGap, LogLine } from 'cecelia-client/state';
import { describe, expect, it } from 'vitest';
import { plainText, styledText } from './ansi';
import { findInLog, logParts, logText, selectLines, withGaps } from './log-filter';

let number = 0;
const line = (message: string, level = 'info', node_id = 'n', timestamp = '2026-02-06T08:30:00Z'): LogLine => ({
  number: ++number,
  level,
  message,
  timestamp,
  event: { event: 'log', node_id, data: { level, message }, timestamp } as unknown as LogEvent,
});

describe('ANSI colors', () => {
  it('become styles of the text between them', () => {
    const parts = styledText('a \u001b[31mred\u001b[0m \u001b[1;38;5;196mbold\u001b[0m \u001b[38;2;1;2;3mtrue\u001b[0m');
    expect(parts.map(({ text, style }) => [text, style?.color ?? null, style?.isBold ?? false])).toEqual([
      ['a ', null, false],
      ['red', 'red', false],
      [' ', null, false],
      ['bold', 'rgb(255, 0, 0)', true],
      [' ', null, false],
      ['true', 'rgb(1, 2, 3)', false],
    ]);
  });

  it.each([
    ['markup', '<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
    ['markup in a color', '\u001b[31m<script>x</script>\u001b[0m', '<script>x</script>'],
    ['a link', '\u001b]8;;javascript:alert(1)\u0007click\u001b]8;;\u0007', 'click'],
    ['cursor movement', 'a\u001b[2J\u001b[10;3Hb\u001b[?25l', 'ab'],
    ['a sequence that is not a color', '\u001b[38;2;999999999999;x;</style>mtext', ';</style>mtext'],
    ['a cut sequence', 'text\u001b[3', 'text'],
    ['a cut link', 'text\u001b]8;;http://a', 'text'],
    ['a device control string', 'a\u001bPq#0\u001b\\b', 'ab'],
    ['control characters', 'a\u0000\u0008\u009b31mb', 'a31mb'],
    ['a line that is overwritten', '10%\r20%\r\n', '10%\n20%\n'],
  ])('leave no sequence and no markup: %s', (_, text, shown) => {
    const parts = styledText(text);
    const joined = parts.map((part) => part.text).join('');
    expect([plainText(text), joined]).toEqual([shown, shown]);
    expect(joined).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/); // eslint-disable-line no-control-regex
    for (const { style } of parts) expect(style?.color ?? 'red').toMatch(/^(rgb\(\d+, ?\d+, ?\d+\)|[a-z]+)$/);
  });
});

describe('log', () => {
  it('selects by node and lowest level, whatever a level is called', () => {
    const lines = [line('a', 'DEBUG'), line('b', 'notice'), line('c', 'WARN', 'other'), line('d', 'fatal')];
    const messages = (...args: Parameters<typeof selectLines>) => selectLines(...args).map(({ message }) => message);
    expect(messages(lines, null, 'all')).toEqual(['a', 'b', 'c', 'd']);
    expect(messages(lines, null, 'info')).toEqual(['b', 'c', 'd']);
    expect(messages(lines, 'n', 'warning')).toEqual(['d']);
  });

  it('finds text across colors, and not the sequences', () => {
    const items = withGaps([line('a \u001b[31mRed\u001b[0m word'), line('31m')], []);
    expect(findInLog(items, 'red word')).toEqual([0]);
    expect(findInLog(items, '31m')).toEqual([1]);
    expect(findInLog(items, '')).toEqual([]);
  });

  it('marks each place that the search finds', () => {
    const parts = logParts('one \u001b[31mon\u001b[0me none', 'one');
    expect(parts.map(({ text, isMatch, style }) => [text, isMatch, style?.color ?? null])).toEqual([
      ['one', true, null],
      [' ', false, null],
      ['on', true, 'red'],
      ['e', true, null],
      [' n', false, null],
      ['one', true, null],
    ]);
    expect(logParts('text', '').map(({ isMatch }) => isMatch)).toEqual([false]);
  });

  it('has a gap between the lines before and after it', () => {
    const gap = { number: 1, at: Date.parse('2026-02-06T08:30:05Z') } as KnownGap;
    const items = withGaps([line('a'), line('b', 'info', 'n', '2026-02-06T08:30:09Z')], [gap]);
    expect(items.map((item) => ('gap' in item ? 'gap' : item.line.message))).toEqual(['a', 'gap', 'b']);
  });

  it('is text with times for a file', () => {
    expect(logText([line('\u001b[31mred\u001b[0m', 'warn', 'draft'), line('plain', 'info', '')])).toBe(
      '2026-02-06T08:30:00Z WARN [draft] red\n2026-02-06T08:30:00Z INFO plain\n',
    );
  });
});
