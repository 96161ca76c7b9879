import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { language, timeZone } from '../i18n/preferences';
import {
  formatAgo,
  formatBytes,
  formatClock,
  formatCount,
  formatDateAndClock,
  formatDay,
  formatDelay,
  formatDuration,
  formatElapsed,
  formatFullTime,
  formatLag,
  formatLagOrClockSkew,
  formatPercent,
  formatShortCount,
  parseTimestamp,
  timeZoneText,
} from './format-time';
import { formatField, formatValue } from './format-value';
import { formatStatus, isPublishedStatus, statusKind } from './status-kind';
import { published } from './text-language';

const now = Date.parse('2026-02-06T08:30:00Z');

describe('time', () => {
  it.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [999.6, '1.0 s'],
    [3200, '3.2 s'],
    [9949, '9.9 s'],
    [9960, '10 s'],
    [59_900, '1 min 00 s'],
    [252_000, '4 min 12 s'],
    [11_100_000, '3 h 05 min'],
    [187_200_000, '2 d 4 h'],
    [-5, '0 ms'],
  ])('formats %d ms as %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

  it('formats a time of another day with its date', () => {
    const at = new Date(2026, 1, 6, 8, 5).getTime();
    expect([formatDay(at, at + 3_600_000), formatDay(at, at + 86_400_000)]).toEqual(['08:05', '6 Feb 08:05']);
  });

  it('formats elapsed time in whole seconds', () => {
    expect([formatElapsed(400), formatElapsed(3900), formatElapsed(61_900)]).toEqual(['0 s', '3 s', '1 min 01 s']);
  });

  it('formats an age', () => {
    expect([0, 999, 12_400, 240_000, 3 * 3_600_000, 50 * 3_600_000].map(formatAgo)).toEqual([
      'now',
      'now',
      '12 s ago',
      '4 min ago',
      '3 h ago',
      '2 d ago',
    ]);
  });

  it('has no number for an unknown lag', () => {
    expect([formatLag(null), formatLag(8)]).toEqual(['–', '8 ms']);
    const ahead = 'lag unknown: the publisher’s clock is 212 ms ahead';
    expect([formatDelay(8), formatDelay(-212)]).toEqual(['8 ms later', ahead]);
    expect([formatLagOrClockSkew(8), formatLagOrClockSkew(-212)]).toEqual(['lag 8 ms', ahead]);
  });

  it('parses a time without a zone as UTC', () => {
    expect([
      parseTimestamp('2026-02-06 08:30:00'),
      parseTimestamp('2026-02-06T09:30:00+01:00'),
      parseTimestamp('soon'),
      parseTimestamp(undefined),
    ]).toEqual([now, now, null, null]);
  });
});

describe('status and values', () => {
  it('recognizes common statuses in any case, and no others', () => {
    expect(['Running', 'in_progress', 'constructor', undefined].map(statusKind)).toEqual(['running', 'running', 'other', 'other']);
    expect([formatStatus('in_review'), formatStatus('')]).toEqual(['In review', 'No status']);
  });

  it('represents an object by its message', () => {
    expect([formatValue({ message: 'no disk' }), formatValue({ code: 7 }), formatValue({}), formatValue('  '), formatValue(0)]).toEqual([
      'no disk',
      '{"code":7}',
      undefined,
      undefined,
      '0',
    ]);
  });

  it('marks a number that may have been rounded', () => {
    expect([formatValue(2 ** 53), formatField({ id: 2 ** 53 }, 'id'), formatCount(2 ** 53)]).toEqual([
      '≈9007199254740992',
      '≈9007199254740992',
      '≈9,007,199,254,740,992',
    ]);
    expect([formatValue(2 ** 53 - 1), formatField(undefined, 'id'), formatCount(2 ** 53 - 1)]).toEqual([
      '9007199254740991',
      undefined,
      '9,007,199,254,740,991',
    ]);
  });
});

describe('other languages and time zones', () => {
  const at = Date.parse('2026-02-06T08:30:12.045Z');

  beforeEach(() => {
    vi.useFakeTimers({ now: at });
    language.choose('zh-CN');
    timeZone.choose('utc');
  });
  afterEach(() => {
    vi.useRealTimers();
    language.choose('en');
    timeZone.choose('local');
  });

  it('formats durations, ages and counts in Chinese', () => {
    expect([840, 3200, 42_000, 252_000, 11_100_000, 187_200_000].map(formatDuration)).toEqual([
      '840 毫秒',
      '3.2 秒',
      '42 秒',
      '4 分 12 秒',
      '3 小时 05 分',
      '2 天 4 小时',
    ]);
    expect([0, 12_400, 240_000, 3 * 3_600_000].map(formatAgo)).toEqual(['刚刚', '12 秒前', '4 分钟前', '3 小时前']);
    expect([formatDelay(8), formatDelay(-212)]).toEqual(['8 毫秒后', '延迟未知：发布者的时钟快 212 毫秒']);
    expect([formatCount(1204), formatShortCount(12_345), formatPercent(42.4), formatBytes(47_100)]).toEqual([
      '1,204',
      '1.2万',
      '42%',
      '47.1 KB',
    ]);
    expect([formatStatus('In_Progress'), formatStatus('in_review'), formatStatus('')]).toEqual(['进行中', 'In review', '无状态']);
    expect([isPublishedStatus('running'), isPublishedStatus('in_review'), isPublishedStatus('')]).toEqual([false, true, false]);
  });

  it('shows UTC, and the date of a time that is not of today', () => {
    const days = (count: number) => at - count * 86_400_000;
    expect([formatClock(at), formatClock(at, true), formatClock(days(1)), formatClock(days(40))]).toEqual([
      '08:30:12',
      '08:30:12.045',
      '2月5日 08:30:12',
      '2025年12月28日 08:30:12',
    ]);
    expect([formatFullTime(at), timeZoneText()]).toEqual([expect.stringContaining('UTC'), '时区：UTC']);
    language.choose('en');
    expect([formatClock(days(1)), formatClock(days(40), true), formatDateAndClock(at)]).toEqual([
      '5 Feb 08:30:12',
      '28 Dec 2025 08:30:12.045',
      '6 Feb 2026 08:30:12',
    ]);
    expect(formatFullTime(at)).toBe('6 Feb 2026, 08:30:12.045 UTC');
  });
});

test.each([
  ['Write the report', undefined],
  ['Überprüfen …', undefined],
  ['汇总失败任务', 'zh'],
  ['見出しを書く', 'ja'],
  ['보고서 작성', 'ko'],
  ['Übersetze „漢字“', 'zh'],
  ['𠀀', 'zh'],
  [undefined, undefined],
])('published text %s has the language %s', (text, lang) => {
  expect(published(text)).toEqual({ translate: 'no', ...(lang !== undefined && { lang }) });
});
