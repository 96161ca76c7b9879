import Anser from 'anser';

/** Colours by their names in ANSI terminals. */
const names = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;
type AnsiName = (typeof names)[number];

/** How a part of a line is shown. A color is a name, or a CSS color. */
export interface TextStyle {
  readonly color: AnsiName | `rgb(${string})` | null;
  readonly background: AnsiName | `rgb(${string})` | null;
  readonly isBold: boolean;
  readonly isDim: boolean;
  readonly isItalic: boolean;
  readonly isUnderlined: boolean;
}

export interface StyledText {
  readonly text: string;
  readonly style: TextStyle | null;
}

/* eslint-disable no-control-regex -- these are the control characters that are removed */
/** Sequences that Anser leaves in the text: operating system commands such as links, device control strings, and other escapes. */
const otherSequences = /\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[PX^_][^\u001b]*(?:\u001b\\)?|\u001b(?!\[)[ -/]*[0-~]?/g;
/** A whole or a cut control sequence. Those that end with m set colors. */
const controlSequence = /\u001b\[[0-?]*[ -/]*([@-~])?/g;
const anyControl = /[\u0000-\u0008\r\u001b]/;
const controls = /[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]/g;
/* eslint-enable no-control-regex */

/** Returns the text without anything but the sequences that set colors. */
function onlyColors(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(otherSequences, '')
    .replace(controlSequence, (sequence, final) => (final === 'm' ? sequence : ''))
    .replace(controls, '');
}

/** Returns the text as it is shown, without colors: for search and download. */
export function plainText(text: string): string {
  return anyControl.test(text) ? onlyColors(text).replace(controlSequence, '') : text;
}

/** Splits a text at its ANSI color sequences. The parts are text, never markup: React escapes them. */
export function styledText(text: string): readonly StyledText[] {
  if (!text.includes('\u001b')) return [{ text: plainText(text), style: null }];
  return Anser.ansiToJson(onlyColors(text), { json: true, remove_empty: true, use_classes: true }).map((part) => {
    const { content, fg, bg, fg_truecolor, bg_truecolor, decorations } = part;
    const style: TextStyle = {
      color: colorOf(fg, fg_truecolor),
      background: colorOf(bg, bg_truecolor),
      isBold: decorations.includes('bold'),
      isDim: decorations.includes('dim') || decorations.includes('hidden'),
      isItalic: decorations.includes('italic'),
      isUnderlined: decorations.includes('underline'),
    };
    const isPlain = Object.values(style).every((value) => value === null || value === false);
    return { text: content, style: isPlain ? null : style };
  });
}

function colorOf(name: string | null, trueColor: string | null): TextStyle['color'] {
  if (name === null || name === '') return null;
  if (name === 'ansi-truecolor') return trueColor !== null && /^\d{1,3}, ?\d{1,3}, ?\d{1,3}$/.test(trueColor) ? `rgb(${trueColor})` : null;
  const palette = /^ansi-palette-(\d{1,3})$/.exec(name)?.[1];
  if (palette !== undefined) return paletteColor(Number(palette));
  return names.find((one) => name === `ansi-${one}` || name === `ansi-bright-${one}`) ?? null;
}

/** The colors from 16 on of the palette with 256: a cube of 6 × 6 × 6, then 24 shades of gray. */
function paletteColor(index: number): TextStyle['color'] {
  if (index < 16) return names[index % 8] ?? null;
  if (index > 255) return null;
  if (index >= 232) {
    const gray = 8 + (index - 232) * 10;
    return `rgb(${gray}, ${gray}, ${gray})`;
  }
  const level = (part: number) => (part === 0 ? 0 : 55 + part * 40);
  const at = index - 16;
  return `rgb(${level(Math.floor(at / 36))}, ${level(Math.floor(at / 6) % 6)}, ${level(at % 6)})`;
}
