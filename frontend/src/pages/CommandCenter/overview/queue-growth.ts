const intervalMs = 10_000;
const windowMs = 5 * 60_000;
/** A queue has grown if it has doubled and has at least this many more tasks. */
const minGrowth = 10;

/** The length of the queue in the last minutes. */
export class QueueGrowth {
  #samples: { readonly at: number; readonly length: number }[] = [];

  /** `at` in Unix milliseconds. */
  add(at: number, length: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && at < last.at) this.#samples = []; // The clock was set back.
    if (last !== undefined && at >= last.at && at - last.at < intervalMs) return;
    this.#samples.push({ at, length });
    this.#samples = this.#samples.filter((sample) => at - sample.at <= windowMs);
  }

  /** The length from which the queue has grown to this one, and since when; `null`: it has not, or was not observed for a minute. */
  grown(length: number): { readonly grownFrom: number | null; readonly grownSince: number | null } {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    const isLong = first !== undefined && last !== undefined && last.at - first.at >= 60_000;
    if (!isLong || length < 2 * first.length || length - first.length < minGrowth) return { grownFrom: null, grownSince: null };
    return { grownFrom: first.length, grownSince: first.at };
  }
}
