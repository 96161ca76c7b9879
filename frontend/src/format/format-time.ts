import { isExact } from 'cecelia-client';
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Formats a duration in milliseconds: `840 ms`, `3.2 s`, `42 s`, `4 min 12 s`, `3 h 05 min`, `2 d 4 h`. */
export function formatDuration(ms: number): string {
  const length = Math.max(0, ms);
  if (length < 999.5) return `${Math.round(length)} ms`;
  if (length < 9950) return `${(length / second).toFixed(1)} s`;
  const seconds = Math.round(length / second);
  if (seconds < 60) return `${seconds} s`;
  if (length < hour) return `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`;
  if (length < day) return `${Math.floor(length / hour)} h ${pad(Math.floor((length % hour) / minute))} min`;
  return `${Math.floor(length / day)} d ${Math.floor((length % day) / hour)} h`;
}

/** Like `formatDuration` in whole seconds, for running timers. */
export function formatElapsed(ms: number): string {
  const length = Math.max(0, ms);
  return length < minute ? `${Math.floor(length / second)} s` : formatDuration(Math.floor(length / second) * second);
}

/** Formats an age in milliseconds: `now`, `12 s ago`, `4 min ago`, `3 h ago`, `2 d ago`. */
export function formatAgo(ms: number): string {
  if (ms < second) return 'now';
  if (ms < minute) return `${Math.floor(ms / second)} s ago`;
  if (ms < hour) return `${Math.floor(ms / minute)} min ago`;
  if (ms < day) return `${Math.floor(ms / hour)} h ago`;
  return `${Math.floor(ms / day)} d ago`;
}

/** Formats a lag in milliseconds; `null` if unknown. */
export function formatLag(ms: number | null): string {
  return ms === null ? '–' : formatDuration(ms);
}

/** Formats the delay between publication and receipt in milliseconds. A negative value means that the clocks differ and the delay is unknown. */
export function formatDelay(ms: number): string {
  return ms < 0 ? formatClockSkew(-ms) : `${formatDuration(ms)} later`;
}

/** Like `formatDelay`, worded as a lag. */
export function formatLagOrClockSkew(ms: number): string {
  return ms < 0 ? formatClockSkew(-ms) : `lag ${formatDuration(ms)}`;
}

function formatClockSkew(ms: number): string {
  return `lag unknown: the publisher’s clock is ${formatDuration(ms)} ahead`;
}

/** Formats a local time of day: `14:03:12`, or with milliseconds `14:03:12.045`. */
export function formatClock(at: number, precise = false): string {
  const date = new Date(at);
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return precise ? `${time}.${String(date.getMilliseconds()).padStart(3, '0')}` : time;
}

/** Formats a local time in hours and minutes: `14:03`, or with the date if it was on another day than `now`: `28 Nov 14:03`. */
export function formatDay(at: number, now: number): string {
  const time = formatClock(at).slice(0, 5);
  const date = new Date(at);
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.getDate()} ${date.toLocaleDateString('en', { month: 'short' })} ${time}`;
}

/** Parses a timestamp to Unix milliseconds; `null` if it is not valid. */
export function parseTimestamp(timestamp: string | null | undefined): number | null {
  if (timestamp == null) return null;
  // On the wire a time without a zone is UTC. The browser would parse it as local time.
  const zoned = /(?:z|[+-]\d\d:?\d\d)$/i.test(timestamp) ? timestamp : `${timestamp}Z`;
  const at = Date.parse(zoned.replace(' ', 'T'));
  return Number.isNaN(at) ? null : at;
}

const counts = new Intl.NumberFormat('en');
const shortCounts = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** Formats a count: `1,204`, or `≈9,007,199,254,740,992` if it may have been rounded. */
export function formatCount(count: number): string {
  return `${isExact(count) ? '' : '≈'}${counts.format(count)}`;
}

/** Formats a count, abbreviated from 10,000: `12K`. */
export function formatShortCount(count: number): string {
  return count < 10_000 ? counts.format(count) : shortCounts.format(count);
}

/** Formats a count, abbreviated from 1,000: `999`, `2.9K`. */
export function formatCompactCount(count: number): string {
  return shortCounts.format(count);
}

/** Formats a count with its noun: `1 event`, `12 events`. */
export function formatQuantity(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`;
}

/** Formats a size in bytes: `812 bytes`, `47.1 KB`, `3.2 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return formatQuantity(bytes, 'byte');
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function pad(number: number): string {
  return String(number).padStart(2, '0');
}
