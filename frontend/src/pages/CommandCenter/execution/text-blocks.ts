/** A block of a text. Its content changes only while it is the last block. */
export interface TextBlock {
  readonly key: number;
  readonly text: string;
}

/** A block ends at the first line break after the soft length, or at the hard length. */
const softLength = 2048;
const hardLength = 8192;
/** Number of characters at the end that are tailLength to detect a continuation. */
const tailLength = 256;

/**
 * Splits a growing text into blocks. New text is appended to the last block, so that the page rerenders only that block, however long the text is. At most
 * `limit` characters plus one block are kept; `hidden` is the number of removed characters.
 */
export class TextBlocks {
  #blocks: readonly TextBlock[] = [];
  #length = 0;
  #shown = 0;
  #tail = '';
  #key = 0;

  constructor(readonly limit = 200_000) {}

  get blocks(): readonly TextBlock[] {
    return this.#blocks;
  }

  /** Number of characters at the beginning that are not in the blocks. */
  get hidden(): number {
    return this.#length - this.#shown;
  }

  /** Updates the blocks to the whole current text. Returns a new array if anything changed. */
  update(text: string): readonly TextBlock[] {
    const added = this.#addedBy(text);
    if (added === null) {
      this.#blocks = [];
      this.#shown = 0;
      this.#append(text);
    } else if (added !== '') this.#append(detachFromSource(added));
    this.#length = text.length;
    this.#tail = text.slice(-tailLength);
    return this.#blocks;
  }

  /** Returns the text appended since the last update; `null` if it is a different text. */
  #addedBy(text: string): string | null {
    if (this.#length === 0) return text;
    const end = this.#length;
    if (text.length >= end && text.slice(end - this.#tail.length, end) === this.#tail) return text.slice(end);
    // The beginning of the text was truncated: search for the previous end.
    if (this.#tail.length < tailLength) return null;
    const at = text.lastIndexOf(this.#tail);
    return at < 0 ? null : text.slice(at + this.#tail.length);
  }

  #append(text: string): void {
    const last = this.#blocks.at(-1);
    const blocks = this.#blocks.slice(0, -1);
    let rest = (last?.text ?? '') + text;
    let key = last?.key ?? ++this.#key;
    for (let end = endOfBlock(rest); end !== null; end = endOfBlock(rest)) {
      blocks.push({ key, text: rest.slice(0, end) });
      rest = rest.slice(end);
      key = ++this.#key;
    }
    blocks.push({ key, text: rest });
    this.#shown += text.length;
    while (blocks.length > 1 && this.#shown - (blocks[0]?.text.length ?? 0) >= this.limit) this.#shown -= blocks.shift()?.text.length ?? 0;
    this.#blocks = blocks;
  }
}

/** Copies a slice. Otherwise each slice would keep the whole text of its frame in memory. */
function detachFromSource(slice: string): string {
  return ` ${slice}`.slice(1);
}

/** Returns the end of the first block of a text; `null` if the block may still grow. */
function endOfBlock(text: string): number | null {
  if (text.length <= softLength) return null;
  const line = text.indexOf('\n', softLength);
  if (line >= 0 && line < hardLength) return line + 1;
  if (text.length <= hardLength) return null;
  const blank = text.lastIndexOf(' ', hardLength);
  if (blank > softLength) return blank + 1;
  // Do not split a surrogate pair.
  return (text.charCodeAt(hardLength) & 0xfc00) === 0xdc00 ? hardLength - 1 : hardLength;
}
