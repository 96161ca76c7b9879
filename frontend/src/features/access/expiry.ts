import { t } from '../../i18n/messages';

/** From how long before its end the end of the access is announced, in milliseconds. */
export const warningMs = 5 * 60_000;

/** Describes the time until the access ends: `in 2 minutes`, `in 45 seconds`, `now`. */
export function formatRest(ms: number): string {
  const minutes = ms / 60_000;
  if (ms < 1000) return t('access.rest', { unit: 'none', count: 0 });
  if (minutes < 1.5) return t('access.rest', { unit: 'second', count: Math.floor(ms / 1000) });
  if (minutes < 90) return t('access.rest', { unit: 'minute', count: Math.round(minutes) });
  if (minutes < 36 * 60) return t('access.rest', { unit: 'hour', count: Math.round(minutes / 60) });
  return t('access.rest', { unit: 'day', count: Math.round(minutes / 1440) });
}
