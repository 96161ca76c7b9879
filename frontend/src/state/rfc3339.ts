/** `2026-02-06T08:30:00.123Z`; the T may be a space; the fraction may be longer or absent; the zone may be absent, and is UTC then. */
const form = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):?(\d\d))?$/;

/**
 * Parses a timestamp of the wire format to Unix milliseconds, without smaller units; `null`: not a timestamp. It follows the relay, unlike `Date.parse`, for
 * which a time without a zone is local.
 */
export function parseTime(text: string): number | null {
  if (text.length === 24 && text.charCodeAt(23) === 0x5a && text.charCodeAt(10) === 0x54) {
    // The form that almost every publisher uses, twenty times as fast as the expression above. A leap second is not a date in JavaScript.
    const ms = Date.parse(text);
    if (!Number.isNaN(ms)) return ms;
  }
  const parts = form.exec(text);
  if (!parts) return null;
  const [, year, month, day, hour, minute, second, fraction = '', sign, zoneHours = '0', zoneMinutes = '0'] = parts;
  const date = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  if (Number.isNaN(date)) return null;
  const offset = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000;
  return date + Number(fraction.slice(0, 3).padEnd(3, '0')) - (sign === '-' ? -offset : offset);
}
