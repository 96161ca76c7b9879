/** The JSON text of numbers that JavaScript would write differently, by the object or array that contains them, and by key. */
const sources = new WeakMap<object, Map<string, string>>();
let hasSources = false;

/** Matches where a number may start that is large, has an exponent or ends in zeros. A match inside a string only costs time. */
const suspect = /[:,[]\s*(?:-0\s*[,\]}]|-?(?:\d[\d.]{15}|\d+(?:\.\d+)?e|\d+\.\d*0\s*[,\]}]))/i;

/** Features of newer engines that the types do not declare: the source text of a value, and values that are written verbatim. */
interface ParseContext {
  readonly source?: string;
}
const { rawJSON } = JSON as { readonly rawJSON?: (text: string) => unknown };

/**
 * Parses JSON and keeps the text of numbers that JavaScript cannot represent (9007199254740993) or writes differently (7.0), if the engine provides it
 * (Chromium 114, Firefox 135, Safari 18.4, Node 21). The values are those of `JSON.parse`. The texts belong to the object: a copy of it does not have them.
 * @throws SyntaxError if the text is not JSON.
 */
export function parseJson(text: string): unknown {
  if (rawJSON === undefined || !suspect.test(text)) return JSON.parse(text);
  return JSON.parse(text, function (this: object, key: string, value: unknown, context?: ParseContext) {
    const source = typeof value === 'number' ? context?.source : undefined;
    if (source !== undefined && (source !== String(value) || !isExact(value))) {
      hasSources = true;
      const texts = sources.get(this);
      if (texts === undefined) sources.set(this, new Map([[key, source]]));
      else texts.set(key, source);
    }
    return value;
  });
}

/** Writes JSON with the numbers as in the parsed text, where that is known. */
export function exactJson(value: unknown, indent?: number): string {
  const replacer = function (this: object, key: string, member: unknown) {
    const source = sourceOf(this, key);
    return source === undefined ? member : rawJSON?.(source);
  };
  return JSON.stringify(value, hasSources ? replacer : undefined, indent);
}

/** The text of a number of the object; `undefined`: JavaScript writes it in the same way, or it is unknown. */
export function sourceOf(holder: object, key: string): string | undefined {
  return sources.get(holder)?.get(key);
}

/** Whether no number in the value can have been rounded. Above 2^53 that is only known from the parsed text. */
export function isExact(value: unknown): boolean {
  if (typeof value === 'number') return Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, member]) => sourceOf(value, key) !== undefined || isExact(member));
}

/** Merges two objects, as a spread does, including the texts of their numbers. */
export function mergeExactly<Present extends object, Added extends object>(present: Present, added: Added): Present & Added {
  const both = { ...present, ...added };
  const [before, after] = [sources.get(present), sources.get(added)];
  if (before ?? after) {
    const texts = new Map(after);
    for (const [key, source] of before ?? []) if (!Object.hasOwn(added, key)) texts.set(key, source);
    sources.set(both, texts);
  }
  return both;
}
