import { describe, expect, it } from 'vitest';
import {
  formatAgo,
  formatCount,
  formatDay,
  formatDelay,
  formatDuration,
  formatElapsed,
  formatLag,
  formatLagOrClockSkew,
  parseTimestamp,
} from './format-time';
import { formatField, formatValue } from './format-value';
import { formatStatus, statusKind } from './status-kind';

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
