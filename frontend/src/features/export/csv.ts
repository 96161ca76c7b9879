import { exactJson } from 'cecelia-client';

/** A column of an export. `value` of `undefined` and `null` is an empty field. */
export interface Column<Row> {
  readonly name: string;
  readonly value: (row: Row) => unknown;
}

/** Spreadsheets execute a text that begins with one of these as a formula. */
const formula = /^[=+\-@\t\r]/;

/**
 * Writes rows as CSV (RFC 4180) with a byte order mark, without which Excel does not read UTF-8. A text that a spreadsheet would execute is prefixed
 * by an apostrophe: `=1+1` becomes `'=1+1`. Numbers are written as they are: `-5`.
 */
export function csvOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = rows.map((row) => columns.map(({ value }) => field(value(row))));
  return `\ufeff${[columns.map(({ name }) => field(name)), ...lines].map((line) => `${line.join(',')}\r\n`).join('')}`;
}

function field(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' ? (formula.test(value) ? `'${value}` : value) : exactJson(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A time in Unix milliseconds as RFC 3339; `undefined` if it is unknown. */
export function isoTime(at: number | null | undefined): string | undefined {
  return at === null || at === undefined || at === 0 ? undefined : new Date(at).toISOString();
}
