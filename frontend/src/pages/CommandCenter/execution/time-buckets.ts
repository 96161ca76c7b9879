/** Initial width of a bucket in milliseconds, and maximum number of buckets. */
const initialMs = 250;
const bucketLimit = 1200;

/**
 * Counts of events by time. The buckets are widened, two into one, when there are too many of them: the memory is bounded, whatever the times are. Example:
 * five minutes of events need 1,200 buckets of 250 ms; with the next event there are 601 of 500 ms.
 */
export class TimeBuckets {
  widthMs = initialMs;
  #counts = new Map<number, number>();

  /** `at` in Unix milliseconds. */
  count(at: number): void {
    const bucket = Math.floor(at / this.widthMs);
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1);
    while (this.#counts.size > bucketLimit) this.#widen();
  }

  /** Number of events in the buckets that begin in `[from, to)`. */
  between(from: number, to: number): number {
    let sum = 0;
    for (const [bucket, count] of this.#counts) {
      const at = bucket * this.widthMs;
      if (at >= from && at < to) sum += count;
    }
    return sum;
  }

  /** Events per second in each of at most `limit` equal parts of `[from, to)`. No part is narrower than a bucket. */
  rates(from: number, to: number, limit: number): number[] {
    const length = to - from;
    if (!(length > 0)) return [];
    const parts = Math.max(1, Math.min(limit, Math.floor(length / this.widthMs)));
    const sums = new Array<number>(parts).fill(0);
    for (const [bucket, count] of this.#counts) {
      const part = Math.floor(((bucket + 0.5) * this.widthMs - from) / (length / parts));
      // The last bucket may end after the end.
      const index = part === parts && bucket * this.widthMs < to ? parts - 1 : part;
      if (index >= 0 && index < parts) sums[index] = (sums[index] ?? 0) + count;
    }
    return sums.map((sum) => (sum * 1000 * parts) / length);
  }

  /** Events per second over the buckets that have events; `null`: none has. */
  get activeRate(): number | null {
    if (this.#counts.size === 0) return null;
    let sum = 0;
    for (const count of this.#counts.values()) sum += count;
    return (sum * 1000) / (this.#counts.size * this.widthMs);
  }

  #widen(): void {
    this.widthMs *= 2;
    const counts = new Map<number, number>();
    for (const [bucket, count] of this.#counts) {
      const wide = Math.floor(bucket / 2);
      counts.set(wide, (counts.get(wide) ?? 0) + count);
    }
    this.#counts = counts;
  }
}
