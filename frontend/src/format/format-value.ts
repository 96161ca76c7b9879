import { exactJson, isExact, sourceOf } from 'cecelia-client';
/**
 * Formats a published value as a line of text; `undefined` if it is empty. An object is represented by its message, error or text member, otherwise
 * as JSON.
 */
export function formatValue(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value.trim() === '' ? undefined : value;
    case 'number':
      return isExact(value) ? String(value) : `≈${value}`;
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'object': {
      if (value === null) return undefined;
      const { message, error, text } = value as Record<string, unknown>;
      for (const part of [message, error, text]) if (typeof part === 'string' && part.trim() !== '') return part;
      const json = exactJson(value);
      return json === '{}' || json === '[]' ? undefined : json;
    }
    default:
      return undefined;
  }
}

/** Formats a member of an object. A number is formatted as it was published, if its source text is known. */
export function formatField(holder: object | undefined, key: string): string | undefined {
  if (holder === undefined) return undefined;
  return sourceOf(holder, key) ?? formatValue((holder as Readonly<Record<string, unknown>>)[key]);
}

/** Adds a full stop and a capital letter, except if the text begins with a field name. An empty text stays empty. */
export function toSentence(text: string): string {
  if (text === '') return '';
  const first = /^\w+[._]\w/.test(text) ? text.charAt(0) : text.charAt(0).toUpperCase();
  return `${first}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
