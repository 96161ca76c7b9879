/** A piece of a text, as a block of its own. Its text changes only while it is the last. */
export interface TextBlock {
  readonly key: number;
  readonly text: string;
}

/** A block ends at the first line that ends behind this many characters, and in any case at the second. */
const softLength = 2048;
const hardLength = 8192;
/** How much of a text's end is compared to see whether another goes on from it, in characters. */
const compared = 256;

/**
 * A text that grows, in blocks: what is new goes into the last one, so that a page draws no more than that, however long the text is. At most `limit`
 * characters are kept, and a block more; `hidden` is what had to go.
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

  /** Characters at the beginning that are not in the blocks. */
  get hidden(): number {
    return this.#length - this.#shown;
  }

  /** Takes over the whole text as it is now. Answers the blocks, which are another array if anything changed. */
  update(text: string): readonly TextBlock[] {
    const added = this.#addedBy(text);
    if (added === null) {
      this.#blocks = [];
      this.#shown = 0;
      this.#append(text);
    } else if (added !== '') this.#append(ofItsOwn(added));
    this.#length = text.length;
    this.#tail = text.slice(-compared);
    return this.#blocks;
  }

  /** What is new behind the text of before; `null`: it is another text. */
  #addedBy(text: string): string | null {
    if (this.#length === 0) return text;
    const end = this.#length;
    if (text.length >= end && text.slice(end - this.#tail.length, end) === this.#tail) return text.slice(end);
    // The beginning of the text was cut off: look for where it was before.
    if (this.#tail.length < compared) return null;
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

/** The same characters in memory of their own: a slice keeps all of the text that it was cut from, and each frame has another one. */
function ofItsOwn(slice: string): string {
  return ` ${slice}`.slice(1);
}

/** Where the first block of a text ends; `null`: it may still grow. */
function endOfBlock(text: string): number | null {
  if (text.length <= softLength) return null;
  const line = text.indexOf('\n', softLength);
  if (line >= 0 && line < hardLength) return line + 1;
  if (text.length <= hardLength) return null;
  const blank = text.lastIndexOf(' ', hardLength);
  if (blank > softLength) return blank + 1;
  // Not between the halves of a character.
  return (text.charCodeAt(hardLength) & 0xfc00) === 0xdc00 ? hardLength - 1 : hardLength;
}
