const encoder = new TextEncoder();
/** Longest id that names anything, in bytes of UTF-8, and longest status. */
const idBytes = 256;
const statusBytes = 128;
/** Text that JSON writes as it is, one byte for each character. */
const plain = /^[ !#-[\]-~]*$/;

/** Bytes of the text in UTF-8. */
export function utf8Bytes(text: string): number {
  return encoder.encode(text).length;
}

/**
 * Bytes of the text inside a JSON string, as `JSON.stringify` writes it. A publisher that writes more escapes than it must is counted by the relay as it
 * wrote, which nobody can tell from the text.
 */
export function writtenBytes(text: string): number {
  return plain.test(text) ? text.length : utf8Bytes(JSON.stringify(text)) - 2;
}

/** The longest end of a text, whole characters all, that is written in so many bytes. */
export function endOf(text: string, bytes: number): string {
  let at = text.length;
  for (let used = 0; at > 0;) {
    const low = text.charCodeAt(at - 1);
    const isPair = at > 1 && (low & 0xfc00) === 0xdc00 && (text.charCodeAt(at - 2) & 0xfc00) === 0xd800;
    const from = at - (isPair ? 2 : 1);
    used += writtenBytes(text.slice(from, at));
    if (used > bytes) break;
    at = from;
  }
  return text.slice(at);
}

function fits(text: string, bytes: number): boolean {
  return text.length * 3 <= bytes || utf8Bytes(text) <= bytes;
}

/**
 * The id that a value of the data stands for: text, or an integer's digits; empty where it is none. An integer above 2^53 may have been another one on the
 * wire, so it is not an id.
 */
export function idOf(value: unknown): string {
  if (typeof value === 'string') return fits(value, idBytes) ? value : '';
  if (!Number.isSafeInteger(value)) return '';
  return Object.is(value, -0) ? '-0' : String(value);
}

/** The first of the values that is an id; empty where none is. */
export function firstId(...values: readonly unknown[]): string {
  for (const value of values) {
    const id = idOf(value);
    if (id !== '') return id;
  }
  return '';
}

/** The status that a value of the data stands for: text that is short; empty where it is none. */
export function statusOf(value: unknown): string {
  return typeof value === 'string' && fits(value, statusBytes) ? value : '';
}

/** The piece of text in the data of a `token_stream`; publishers use several names for it. */
export function textPiece({ token, content, chunk, text, delta }: Readonly<Record<string, unknown>>): string {
  return [token, content, chunk, text, delta].find((value) => typeof value === 'string') ?? '';
}
