import { describe, expect, it } from 'vitest';
import { TextBlocks } from './text-blocks';

const shown = (blocks: TextBlocks) => blocks.blocks.map(({ text }) => text).join('');
const lines = (count: number, from = 0) =>
  Array.from({ length: count }, (_, at) => `line ${from + at} of the text that a node wrote\n`).join('');

describe('TextBlocks', () => {
  it('appends new text to the last block only', () => {
    const blocks = new TextBlocks();
    const first = lines(200);
    blocks.update(first);
    const before = blocks.blocks;
    blocks.update(`${first}more`);
    expect(blocks.blocks.slice(0, -1)).toEqual(before.slice(0, -1));
    expect(blocks.blocks.at(-2)).toBe(before.at(-2));
    expect(shown(blocks)).toBe(`${first}more`);
  });

  it('has the same blocks for any chunking of the text', () => {
    const text = lines(300);
    const grown = new TextBlocks();
    for (let end = 7; end < text.length; end += 7) grown.update(text.slice(0, end));
    grown.update(text);
    const whole = new TextBlocks();
    whole.update(text);
    expect(grown.blocks.map(({ text: piece }) => piece)).toEqual(whole.blocks.map(({ text: piece }) => piece));
  });

  it('keeps the end of a long text and counts the hidden characters', () => {
    const blocks = new TextBlocks(10_000);
    const text = lines(1000);
    blocks.update(text);
    expect(text.endsWith(shown(blocks))).toBe(true);
    expect(shown(blocks).length).toBeGreaterThanOrEqual(10_000);
    expect(shown(blocks).length).toBeLessThan(10_000 + 8192);
    expect(blocks.hidden).toBe(text.length - shown(blocks).length);
  });

  it('continues when the beginning of the text is truncated', () => {
    const blocks = new TextBlocks();
    const text = lines(400);
    blocks.update(text);
    const last = blocks.blocks.at(-1)?.key;
    blocks.update(`${text.slice(5000)}and on`);
    expect(blocks.blocks.at(-1)?.key).toBe(last);
    expect(shown(blocks).endsWith('a node wrote\nand on')).toBe(true);
  });

  it('restarts with a different text', () => {
    const blocks = new TextBlocks();
    blocks.update('one');
    blocks.update('two');
    expect(shown(blocks)).toBe('two');
    blocks.update('');
    expect(shown(blocks)).toBe('');
  });

  it('splits a text without line breaks, but never within a surrogate pair', () => {
    const blocks = new TextBlocks();
    const text = `x${'😀'.repeat(9000)}`;
    blocks.update(text);
    expect(blocks.blocks.length).toBeGreaterThan(1);
    for (const { text: piece } of blocks.blocks) expect(piece).not.toMatch(/[\uD800-\uDBFF]$|^[\uDC00-\uDFFF]/);
    expect(shown(blocks)).toBe(text);
  });
});
