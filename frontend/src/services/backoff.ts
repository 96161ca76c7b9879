/** The delay between attempts. */
export interface BackoffOptions {
  /** Longest delay before the first attempt, in milliseconds; doubles with each further one. */
  readonly baseDelayMs: number;
  /** Upper bound of every delay, in milliseconds. */
  readonly maxDelayMs: number;
}

/**
 * The delay before attempt `attempt` (from 1), in milliseconds: random between 0 and a bound that doubles. Example with 3,000 and 30,000: at most 3 s, 6 s,
 * 12 s, 24 s, 30 s, 30 s. Full jitter spreads clients that were disconnected together over the whole interval; a fixed delay, or one with a little noise,
 * would bring them back together.
 */
export function fullJitter(attempt: number, { baseDelayMs, maxDelayMs }: BackoffOptions, random: () => number = Math.random): number {
  return random() * Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1));
}
