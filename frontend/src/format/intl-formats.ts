import type { Language } from '../i18n/languages';
import { language, type TimeZone, timeZone } from '../i18n/preferences';

/** The Intl objects for the language and time zone of the page. */
interface IntlFormats {
  readonly language: Language;
  readonly zone: TimeZone;
  readonly count: Intl.NumberFormat;
  readonly shortCount: Intl.NumberFormat;
  readonly decimal: Intl.NumberFormat;
  readonly percent: Intl.NumberFormat;
  /** `14:03:12`. */
  readonly clock: Intl.DateTimeFormat;
  /** `14:03:12.045`. */
  readonly preciseClock: Intl.DateTimeFormat;
  /** `14:03`. */
  readonly minutes: Intl.DateTimeFormat;
  /** `28 Nov`. */
  readonly date: Intl.DateTimeFormat;
  /** `28 Nov 2026`. */
  readonly fullDate: Intl.DateTimeFormat;
  /** `28 Nov 2026, 14:03:12.045 UTC`. */
  readonly full: Intl.DateTimeFormat;
  /** The name of the time zone, such as `UTC` or `Europe/Berlin`. */
  readonly zoneName: string;
}

let formats: IntlFormats | undefined;

/** Returns the Intl objects. They are created again only when a preference changes: that takes longer than formatting thousands of values. */
export function intlFormats(): IntlFormats {
  const [name, zone] = [language.get(), timeZone.get()];
  if (formats?.language !== name || formats.zone !== zone) formats = create(name, zone);
  return formats;
}

function create(name: Language, zone: TimeZone): IntlFormats {
  // The page has the date before the time and the day before the month, which `en` does not.
  const dates = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(name === 'en' ? 'en-GB' : name, { ...options, ...(zone === 'utc' && { timeZone: 'UTC' }) });
  const minutes = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const clock = { ...minutes, second: '2-digit' } as const;
  const preciseClock = { ...clock, fractionalSecondDigits: 3 } as const;
  const date = { month: 'short', day: 'numeric' } as const;
  const fullDate = { ...date, year: 'numeric' } as const;
  const full = dates({ ...fullDate, ...preciseClock, timeZoneName: 'short' });
  return {
    language: name,
    zone,
    count: new Intl.NumberFormat(name),
    shortCount: new Intl.NumberFormat(name, { notation: 'compact', maximumFractionDigits: 1 }),
    decimal: new Intl.NumberFormat(name, { minimumFractionDigits: 1, maximumFractionDigits: 1 }),
    percent: new Intl.NumberFormat(name, { style: 'percent', maximumFractionDigits: 0 }),
    clock: dates(clock),
    preciseClock: dates(preciseClock),
    minutes: dates(minutes),
    date: dates(date),
    fullDate: dates(fullDate),
    full,
    zoneName: full.resolvedOptions().timeZone,
  };
}
