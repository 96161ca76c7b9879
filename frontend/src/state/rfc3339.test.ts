import { expect, test } from 'vitest';
import { parseTime } from './rfc3339';

const morning = Date.UTC(2026, 1, 6, 8, 30, 0, 120);

test.each([
  ['2026-02-06T08:30:00.120Z', morning],
  ['2026-02-06T08:30:00.120', morning],
  ['2026-02-06 08:30:00.1209', morning],
  ['2026-02-06t08:30:00.12z', morning],
  ['2026-02-06T10:30:00.120+02:00', morning],
  ['2026-02-06T03:00:00.120-05:30', morning],
  ['2026-02-06T08:29:60.120Z', morning],
  ['yesterday', null],
  ['', null],
  ['2026-02-06', null],
])('%s', (text, expected) => expect(parseTime(text)).toBe(expected));
