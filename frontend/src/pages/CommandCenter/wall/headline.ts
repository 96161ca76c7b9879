/** How much of a sentence has room on a wall in the largest type: two lines, in widths of a Latin letter. */
const room = 84;

/** Widths of Latin letters that a text takes: a Chinese character is as wide as two. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += /[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]/.test(character) ? 2 : 1;
  return width;
}

/** Splits the parts of a sentence into those in the largest type, at least the first one, and the others. */
export function headline(parts: readonly string[]): { readonly first: readonly string[]; readonly others: readonly string[] } {
  let width = 0;
  let count = 0;
  for (const part of parts) {
    width += widthOf(part) + 2;
    if (count > 0 && width > room) break;
    count++;
  }
  return { first: parts.slice(0, count), others: parts.slice(count) };
}
