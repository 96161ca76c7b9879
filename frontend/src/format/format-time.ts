import { isExact } from 'cecelia-client';
import { t } from '../i18n/messages';
import { timeZone } from '../i18n/preferences';
import { intlFormats } from './intl-formats';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

// The units are messages: not every browser has `Intl.DurationFormat`, and the short units of `Intl.NumberFormat` are longer than those of the page.

/** Formats a duration in milliseconds: `840 ms`, `3.2 s`, `42 s`, `4 min 12 s`, `3 h 05 min`, `2 d 4 h`. */
export function formatDuration(ms: number): string {
  const length = Math.max(0, ms);
  if (length < 999.5) return t('time.milliseconds', { n: String(Math.round(length)) });
  if (length < 9950) return t('time.seconds', { n: intlFormats().decimal.format(length / second) });
  const seconds = Math.round(length / second);
  if (seconds < 60) return t('time.seconds', { n: String(seconds) });
  if (length < hour) return t('time.minutes-seconds', { minutes: String(Math.floor(seconds / 60)), seconds: pad(seconds % 60) });
  if (length < day)
    return t('time.hours-minutes', { hours: String(Math.floor(length / hour)), minutes: pad(Math.floor((length % hour) / minute)) });
  return t('time.days-hours', { days: formatCount(Math.floor(length / day)), hours: String(Math.floor((length % day) / hour)) });
}

/** Like `formatDuration` in whole seconds, for running timers. */
export function formatElapsed(ms: number): string {
  const length = Math.max(0, ms);
  const seconds = Math.floor(length / second);
  return length < minute ? t('time.seconds', { n: String(seconds) }) : formatDuration(seconds * second);
}

/** Formats an age in milliseconds: `now`, `12 s ago`, `4 min ago`, `3 h ago`, `2 d ago`. */
export function formatAgo(ms: number): string {
  if (ms < second) return t('time.now');
  if (ms < minute) return t('time.ago.seconds', { n: String(Math.floor(ms / second)) });
  if (ms < hour) return t('time.ago.minutes', { n: String(Math.floor(ms / minute)) });
  if (ms < day) return t('time.ago.hours', { n: String(Math.floor(ms / hour)) });
  return t('time.ago.days', { n: formatCount(Math.floor(ms / day)) });
}

/** Formats a lag in milliseconds; `null` if unknown. */
export function formatLag(ms: number | null): string {
  return ms === null ? '–' : formatDuration(ms);
}

/** Formats the delay between publication and receipt in milliseconds. A negative value means that the clocks differ and the delay is unknown. */
export function formatDelay(ms: number): string {
  return ms < 0 ? formatClockSkew(-ms) : t('time.later', { duration: formatDuration(ms) });
}

/** Like `formatDelay`, worded as a lag. */
export function formatLagOrClockSkew(ms: number): string {
  return ms < 0 ? formatClockSkew(-ms) : t('time.lag', { duration: formatDuration(ms) });
}

function formatClockSkew(ms: number): string {
  return t('time.clock-ahead', { duration: formatDuration(ms) });
}

/** Formats a time in the chosen zone: `14:03:12`, or with milliseconds `14:03:12.045`, with the date if it is not of today: `28 Nov 14:03:12`. */
export function formatClock(at: number, precise = false): string {
  const { clock, preciseClock } = intlFormats();
  return withDate(at, Date.now(), (precise ? preciseClock : clock).format(at));
}

/** Formats a time in hours and minutes: `14:03`, or with the date if it was on another day than `now`: `28 Nov 14:03`. */
export function formatDay(at: number, now: number): string {
  return withDate(at, now, intlFormats().minutes.format(at));
}

/** Formats a time with its date and time zone: `28 Nov 2026, 14:03:12.045 UTC`. */
export function formatFullTime(at: number): string {
  return intlFormats().full.format(at);
}

/** Formats a time of any day with its date: `28 Nov 2026 14:03:12`. */
export function formatDateAndClock(at: number): string {
  const { fullDate, clock } = intlFormats();
  return t('time.date-clock', { date: fullDate.format(at), clock: clock.format(at) });
}

/** Names the zone of all times, for tooltips: `Time zone: Europe/Berlin`. */
export function timeZoneText(): string {
  return t('time.zone', { zone: intlFormats().zoneName });
}

function withDate(at: number, now: number, clock: string): string {
  const [date, today] = [calendarDay(at), calendarDay(now)];
  if (date === today) return clock;
  const { date: dates, fullDate } = intlFormats();
  return t('time.date-clock', { date: (isSameYear(date, today) ? dates : fullDate).format(at), clock });
}

/** The calendar day in the chosen zone as a number: 20261128. */
function calendarDay(at: number): number {
  const date = new Date(at);
  return timeZone.get() === 'utc'
    ? date.getUTCFullYear() * 10_000 + date.getUTCMonth() * 100 + date.getUTCDate()
    : date.getFullYear() * 10_000 + date.getMonth() * 100 + date.getDate();
}

function isSameYear(one: number, other: number): boolean {
  return Math.floor(one / 10_000) === Math.floor(other / 10_000);
}

/** Parses a timestamp to Unix milliseconds; `null` if it is not valid. */
export function parseTimestamp(timestamp: string | null | undefined): number | null {
  if (timestamp == null) return null;
  // The form that almost every publisher uses.
  if (timestamp.length === 24 && timestamp.endsWith('Z') && timestamp[10] === 'T') {
    const usual = Date.parse(timestamp);
    if (!Number.isNaN(usual)) return usual;
  }
  // On the wire a time without a zone is UTC. The browser would parse it as local time.
  const zoned = /(?:z|[+-]\d\d:?\d\d)$/i.test(timestamp) ? timestamp : `${timestamp}Z`;
  const at = Date.parse(zoned.replace(' ', 'T'));
  return Number.isNaN(at) ? null : at;
}

/** Formats a count: `1,204`, or `≈9,007,199,254,740,992` if it may have been rounded. */
export function formatCount(count: number): string {
  return `${isExact(count) ? '' : '≈'}${intlFormats().count.format(count)}`;
}

/** Formats a count, abbreviated from 10,000: `12K`. */
export function formatShortCount(count: number): string {
  const { count: counts, shortCount } = intlFormats();
  return count < 10_000 ? counts.format(count) : shortCount.format(count);
}

/** Formats a count, abbreviated: `999`, `2.9K`, in Chinese from 10,000: `1.2万`. */
export function formatCompactCount(count: number): string {
  return intlFormats().shortCount.format(count);
}

/** Formats a percentage in whole percent: `42%`. */
export function formatPercent(percent: number): string {
  return intlFormats().percent.format(percent / 100);
}

/** Formats a size in bytes: `812 bytes`, `47.1 KB`, `3.2 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return t('time.bytes', { count: bytes });
  const { decimal } = intlFormats();
  return bytes < 1_000_000
    ? t('time.kilobytes', { n: decimal.format(bytes / 1000) })
    : t('time.megabytes', { n: decimal.format(bytes / 1_000_000) });
}

function pad(number: number): string {
  return String(number).padStart(2, '0');
}
