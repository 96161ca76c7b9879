/** How long to wait between attempts. */
export interface BackoffOptions {
  /** The longest wait before the first attempt, in milliseconds; doubles with each further one. */
  readonly baseDelayMs: number;
  /** No wait is longer, in milliseconds. */
  readonly maxDelayMs: number;
}

/**
 * A wait before attempt `attempt` (from 1), in milliseconds: at random from nothing up to a bound that doubles. Full jitter spreads clients that were cut off
 * together over the whole time, where a fixed wait, or one with a little noise, brings them back together.
 */
export function fullJitter(attempt: number, { baseDelayMs, maxDelayMs }: BackoffOptions, random: () => number = Math.random): number {
  return random() * Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1));
}
