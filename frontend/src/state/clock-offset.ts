/** Samples that the estimate is made of: with a ping each 25 s, the last three minutes. */
const kept = 8;

/**
 * How far the relay's clock is ahead of this page's. A message's time, less that at which it came, is too little by as long as it was on the way: of several,
 * the largest is nearest to the truth.
 */
export class ClockOffset {
  /** Milliseconds; 0 until the first sample. */
  ms = 0;
  readonly #samples: number[] = [];

  sample(relayMs: number, nowMs: number): void {
    this.#samples.push(relayMs - nowMs);
    if (this.#samples.length > kept) this.#samples.shift();
    this.ms = Math.max(...this.#samples);
  }
}
