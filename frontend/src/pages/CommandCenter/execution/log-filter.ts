import { eventIds, type KnownGap, type LogLine } from 'cecelia-client/state';
import { parseTimestamp } from '../../../format/format-time';
import { plainText, type StyledText, styledText } from './ansi';

/** The lowest level that is shown. */
export const shownLevels = ['all', 'info', 'warning', 'error'] as const;
type ShownLevel = (typeof shownLevels)[number];

/** A row of the log: a line, or a gap in which lines may be missing. */
export type LogItem = { readonly line: LogLine } | { readonly gap: KnownGap };

/** Returns the severity of a level from 0 (debug) to 3 (error). Publishers may use any text; unknown ones count as information. */
export function severityOf(level: string): 0 | 1 | 2 | 3 {
  const name = level.toLowerCase();
  if (/^(err|fatal|crit|alert|emerg|panic|severe)/.test(name)) return 3;
  if (name.startsWith('warn')) return 2;
  return /^(debug|trace|verbose|fine|silly)/.test(name) ? 0 : 1;
}

/** Selects the lines of a node, or of all, from a level on. */
export function selectLines(lines: readonly LogLine[], node: string | null, level: ShownLevel): readonly LogLine[] {
  const lowest = shownLevels.indexOf(level);
  if (node === null && lowest === 0) return lines;
  return lines.filter((line) => severityOf(line.level) >= lowest && (node === null || eventIds(line.event).nodeId === node));
}

/** Adds the gaps at their times. The lines keep their order. */
export function withGaps(lines: readonly LogLine[], gaps: readonly KnownGap[]): readonly LogItem[] {
  if (gaps.length === 0) return lines.map((line) => ({ line }));
  const rest = [...gaps].sort((a, b) => a.at - b.at);
  const items: LogItem[] = [];
  for (const line of lines) {
    const at = parseTimestamp(line.timestamp);
    while (rest[0] !== undefined && at !== null && rest[0].at <= at) items.push(...rest.splice(0, 1).map((gap) => ({ gap })));
    items.push({ line });
  }
  return [...items, ...rest.map((gap) => ({ gap }))];
}

const plain = new WeakMap<LogLine, string>();

function plainMessage(line: LogLine): string {
  let text = plain.get(line);
  if (text === undefined) plain.set(line, (text = plainText(line.message)));
  return text;
}

/** Returns the indexes of the items whose message contains the text, in any case. */
export function findInLog(items: readonly LogItem[], search: string): readonly number[] {
  const query = search.toLowerCase();
  if (query === '') return [];
  return items.flatMap((item, index) => ('line' in item && plainMessage(item.line).toLowerCase().includes(query) ? index : []));
}

export interface LogPart extends StyledText {
  readonly isMatch: boolean;
}

/** Splits a message into parts of one style each, and at what the search finds, which may begin and end anywhere. */
export function logParts(message: string, search: string): readonly LogPart[] {
  const styled = styledText(message);
  const query = search.toLowerCase();
  const text = styled.map((part) => part.text).join('');
  const lower = text.toLowerCase();
  // A few characters are longer in lower case. Then the places in both texts differ.
  if (query === '' || lower.length !== text.length) return styled.map((part) => ({ ...part, isMatch: false }));
  const ends: { readonly at: number; readonly isMatch: boolean }[] = [];
  for (let from = 0, at = lower.indexOf(query); ; at = lower.indexOf(query, from)) {
    if (at < 0) {
      ends.push({ at: text.length, isMatch: false });
      break;
    }
    ends.push({ at, isMatch: false }, { at: at + query.length, isMatch: true });
    from = at + query.length;
  }
  const parts: LogPart[] = [];
  let start = 0;
  let end = 0;
  for (const { text: whole, style } of styled) {
    const stop = start + whole.length;
    for (let from = start; from < stop;) {
      while ((ends[end]?.at ?? stop) <= from && end < ends.length - 1) end++;
      const to = Math.min(stop, Math.max(ends[end]?.at ?? stop, from + 1));
      parts.push({ text: text.slice(from, to), style, isMatch: ends[end]?.isMatch === true });
      from = to;
    }
    start = stop;
  }
  return parts;
}

/** Returns the lines as text with their times, for a file. */
export function logText(lines: readonly LogLine[]): string {
  const texts = lines.map((line) => {
    const node = eventIds(line.event).nodeId;
    return [line.timestamp, line.level.toUpperCase(), ...(node === '' ? [] : [`[${node}]`]), plainMessage(line)].join(' ');
  });
  return texts.map((text) => `${text}\n`).join('');
}
