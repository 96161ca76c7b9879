const encoder = new TextEncoder();
/** Maximum length of an id and of a status, in bytes of UTF-8. */
const idBytes = 256;
const statusBytes = 128;
/** Text that JSON writes unchanged, one byte per character. */
const plain = /^[ !#-[\]-~]*$/;

/** Size of the text in bytes of UTF-8. */
export function utf8Bytes(text: string): number {
  return encoder.encode(text).length;
}

/**
 * Size of the text in a JSON string, in bytes, as `JSON.stringify` writes it. The relay counts the publisher's own escapes, which may be more than necessary
 * and cannot be derived from the text.
 */
export function writtenBytes(text: string): number {
  return plain.test(text) ? text.length : utf8Bytes(JSON.stringify(text)) - 2;
}

/** The longest suffix of whole characters with at most this size, as `writtenBytes` counts. */
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
 * The id in a value of the data: a string, or the digits of an integer; empty if it is not an id. An integer above 2^53 may have been a different one on the
 * wire, so it is not an id.
 */
export function idOf(value: unknown): string {
  if (typeof value === 'string') return fits(value, idBytes) ? value : '';
  if (!Number.isSafeInteger(value)) return '';
  return Object.is(value, -0) ? '-0' : String(value);
}

/** The first value that is an id; empty if none is. */
export function firstId(...values: readonly unknown[]): string {
  for (const value of values) {
    const id = idOf(value);
    if (id !== '') return id;
  }
  return '';
}

/** The status in a value of the data: a short string; empty if it is not a status. */
export function statusOf(value: unknown): string {
  return typeof value === 'string' && fits(value, statusBytes) ? value : '';
}

/** The piece of text in the data of a `token_stream`; publishers use several names for it. */
export function textPiece({ token, content, chunk, text, delta }: Readonly<Record<string, unknown>>): string {
  return [token, content, chunk, text, delta].find((value) => typeof value === 'string') ?? '';
}
