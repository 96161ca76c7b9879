/** Number of samples: with a ping every 25 s, those of the last three minutes. */
const sampleLimit = 8;

/**
 * Estimates how far the relay's clock is ahead of this page's. A message's timestamp minus the time of its arrival is too small by the transmission time, so
 * the largest of several samples is the best estimate. Example: the relay is 500 ms ahead; messages that took 20, 5 and 80 ms give 480, 495 and 420; the
 * estimate is 495.
 */
export class ClockOffset {
  /** Milliseconds; 0 until the first sample. */
  ms = 0;
  readonly #samples: number[] = [];

  sample(relayMs: number, nowMs: number): void {
    this.#samples.push(relayMs - nowMs);
    if (this.#samples.length > sampleLimit) this.#samples.shift();
    this.ms = Math.max(...this.#samples);
  }
}
