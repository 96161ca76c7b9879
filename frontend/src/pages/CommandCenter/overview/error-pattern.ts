/** Longest pattern, in characters. The remainder of a message does not distinguish errors. */
const maxLength = 200;

/** What stands for a value in a pattern. */
const number = '#';
const value = '…';

const quoted =
  /"[^"\n]+"|`[^`\n]+`|“[^”\n]+”|‘[^’\n]+’|「[^」\n]+」|『[^』\n]+』|《[^》\n]+》|(?<![\p{L}\p{N}])'[^'\n]+'(?![\p{L}\p{N}])/gu;
const url = /\b[a-z][a-z\d+.-]*:\/\/[^\s"'<>()（），。；]+/gi;
const email = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g;
const time = /\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?/g;
const address = /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g;
/** Absolute paths, paths that begin with a dot or a drive, and relative paths to a file with an extension. */
const path =
  /(?<![\w/.])(?:(?:[A-Za-z]:|~|\.{1,2})?(?:[\\/][\w.@~+-]+)+[\\/]?|[\w.@+-]+(?:[\\/][\w.@+-]+)*[\\/][\w@+-]+\.[A-Za-z]\w{0,4})(?::\d+){0,2}/g;
/** Words joined by a hyphen, underscore, colon or hash, such as `task-12-ab3f` and `user#42`. */
const compound = /[A-Za-z\d]+(?:[-_:#][A-Za-z\d]+)+/g;
const idWords = [
  /agent|build|client|conn|connection|container|event|exec|execution|id|invoice|job|msg|message|node|order|page/,
  /pid|pod|proc|process|project|req|request|run|session|slot|step|task|thread|trace|user|worker/,
];
const idWord = new RegExp(`^(?:${idWords.map(({ source }) => source).join('|')})[-_:#]`, 'i');
const random = /^(?=[A-Za-z]*\d)(?=\d*[A-Za-z])(?:[\da-f]{6,}|[A-Za-z\d]{16,})$/i;
const word = /\b[A-Za-z\d]{7,}\b/g;
const digits = /(?<![A-Za-z\d_.]|[A-Za-z\d]-)\d+(?:[.,:]\d+)*(?![\d_])/g;
const unit = /^\s?(?:[µnm]?s|min|h|d|[KMGT]?i?B|%|x)?(?![A-Za-z])/;
/** A number after one of these tells errors apart. */
const code = /(?:code|status|https?(?:\/\d(?:\.\d)?)?|exit(?:ed)?(?: with)?|errno|signal|error|代码|错误码|状态码|退出码)\W{0,3}$/i;

/**
 * Returns the text that an error has in common with others of its kind: ids, hashes, numbers, times, paths, addresses and quoted values are replaced. Error
 * and status codes stay. Only the first line counts.
 *
 * Example: `Tests of "billing" failed: 3 of 214` has the pattern `Tests of "…" failed: # of #`; `exit code 137` has the pattern `exit code 137`.
 */
export function errorPattern(message: string): string {
  const line = (/\S[^\n\r]*/.exec(message.slice(0, 4 * maxLength))?.[0] ?? '').replace(/\s+/g, ' ').trim();
  const pattern = line
    .replace(quoted, (text) => `${text.charAt(0)}${value}${text.at(-1) ?? ''}`)
    .replace(url, value)
    .replace(email, value)
    .replace(time, value)
    .replace(address, value)
    .replace(path, value)
    .replace(compound, withoutId)
    .replace(word, (text) => (random.test(text) ? value : text))
    .replace(digits, (text, at: number, whole: string) =>
      (text.length <= 5 && code.test(whole.slice(Math.max(0, at - 24), at))) || !unit.test(whole.slice(at + text.length)) ? text : number,
    );
  return pattern.slice(0, maxLength);
}

/** Replaces the variable part of an id. A name with a version, such as `gpt-4` or `utf-8`, stays. */
function withoutId(text: string): string {
  const prefix = idWord.exec(text)?.[0];
  if (prefix !== undefined && /\d/.test(text)) return `${prefix}${value}`;
  return text.split(/[-_:#]/).some((part) => random.test(part)) ? value : text;
}
