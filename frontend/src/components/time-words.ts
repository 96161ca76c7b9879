import { isExact } from '../services/exact-json';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** How long something took or takes, from milliseconds: `840 ms`, `3.2 s`, `42 s`, `4 min 12 s`, `3 h 05 min`, `2 d 4 h`. */
export function durationWords(ms: number): string {
  const length = Math.max(0, ms);
  if (length < 999.5) return `${Math.round(length)} ms`;
  if (length < 9950) return `${(length / second).toFixed(1)} s`;
  const seconds = Math.round(length / second);
  if (seconds < 60) return `${seconds} s`;
  if (length < hour) return `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`;
  if (length < day) return `${Math.floor(length / hour)} h ${pad(Math.floor((length % hour) / minute))} min`;
  return `${Math.floor(length / day)} d ${Math.floor((length % day) / hour)} h`;
}

/** The same in whole seconds, for what counts up in front of the reader. */
export function elapsedWords(ms: number): string {
  const length = Math.max(0, ms);
  return length < minute ? `${Math.floor(length / second)} s` : durationWords(Math.floor(length / second) * second);
}

/** How long ago, from milliseconds: `now`, `12 s ago`, `4 min ago`, `3 h ago`, `2 d ago`. */
export function agoWords(ms: number): string {
  if (ms < second) return 'now';
  if (ms < minute) return `${Math.floor(ms / second)} s ago`;
  if (ms < hour) return `${Math.floor(ms / minute)} min ago`;
  if (ms < day) return `${Math.floor(ms / hour)} h ago`;
  return `${Math.floor(ms / day)} d ago`;
}

/** A lag in milliseconds; `null`: not known. */
export function lagWords(ms: number | null): string {
  return ms === null ? '–' : durationWords(ms);
}

/** How long after the publisher's time the relay received an event, in milliseconds. Below zero the two clocks differ, and the lag is not known. */
export function lateWords(ms: number): string {
  return ms < 0 ? aheadWords(-ms) : `${durationWords(ms)} later`;
}

/** The same as a lag. */
export function lagOrAheadWords(ms: number): string {
  return ms < 0 ? aheadWords(-ms) : `lag ${durationWords(ms)}`;
}

function aheadWords(ms: number): string {
  return `lag unknown: the publisher’s clock is ${durationWords(ms)} ahead`;
}

/** A moment of the day here, `14:03:12`, or with milliseconds, `14:03:12.045`. */
export function clockWords(at: number, precise = false): string {
  const date = new Date(at);
  const words = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return precise ? `${words}.${String(date.getMilliseconds()).padStart(3, '0')}` : words;
}

/** A moment in Unix milliseconds; `null` where the text is none. */
export function momentOf(timestamp: string | null | undefined): number | null {
  if (timestamp == null) return null;
  // A time without a zone is UTC on the wire; the browser would take it for the reader's own.
  const zoned = /(?:z|[+-]\d\d:?\d\d)$/i.test(timestamp) ? timestamp : `${timestamp}Z`;
  const at = Date.parse(zoned.replace(' ', 'T'));
  return Number.isNaN(at) ? null : at;
}

const counts = new Intl.NumberFormat('en');
const shortCounts = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** `1,204`; `≈9,007,199,254,740,992` where it may have been rounded. */
export function countWords(count: number): string {
  return `${isExact(count) ? '' : '≈'}${counts.format(count)}`;
}

/** `1.2K`, from 10,000 on. */
export function shortCountWords(count: number): string {
  return count < 10_000 ? counts.format(count) : shortCounts.format(count);
}

/** `999`, `2.9K`: where there is little room. */
export function narrowCountWords(count: number): string {
  return shortCounts.format(count);
}

/** `1 event`, `12 events`. */
export function ofWords(count: number, one: string, many = `${one}s`): string {
  return `${countWords(count)} ${count === 1 ? one : many}`;
}

function pad(number: number): string {
  return String(number).padStart(2, '0');
}
