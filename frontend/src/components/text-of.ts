import { exactJson, isExact, sourceOf } from '../services/exact-json';

/** What a publisher wrote, as a line for people; `undefined` where there is nothing to say. Objects speak by their message, or as JSON. */
export function textOf(value: unknown): string | undefined {
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

/** The same of a member of an object. A number is shown as it was published, where that is known. */
export function textIn(holder: object | undefined, key: string): string | undefined {
  if (holder === undefined) return undefined;
  return sourceOf(holder, key) ?? textOf((holder as Readonly<Record<string, unknown>>)[key]);
}

/** The text with a full stop, and a capital letter where it does not begin with a field's name; empty stays empty. */
export function sentence(text: string): string {
  if (text === '') return '';
  const first = /^\w+[._]\w/.test(text) ? text.charAt(0) : text.charAt(0).toUpperCase();
  return `${first}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
