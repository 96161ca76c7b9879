/** From how long before its end the end of the access is announced, in milliseconds. */
export const warningMs = 5 * 60_000;

/** Describes the time until the access ends: `in 2 minutes`, `in 45 seconds`, `now`. */
export function formatRest(ms: number): string {
  if (ms < 1000) return 'now';
  const [count, unit] = parts(ms);
  return `in ${count} ${unit}${count === 1 ? '' : 's'}`;
}

function parts(ms: number): readonly [number, string] {
  const minutes = ms / 60_000;
  if (minutes < 1.5) return [Math.floor(ms / 1000), 'second'];
  if (minutes < 90) return [Math.round(minutes), 'minute'];
  return minutes < 36 * 60 ? [Math.round(minutes / 60), 'hour'] : [Math.round(minutes / 1440), 'day'];
}
