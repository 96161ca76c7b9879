import type { StreamSecond } from './live-view';

/** Number of seconds in the history. */
const secondLimit = 120;
/** Maximum number of lags per second from which its median and percentile are computed; beyond it they are sampled. */
const lagLimit = 4096;

/** Number and lag of the events in each second. The number is unknown for a second in which the connection was not live. */
export class StreamSeconds {
  /** Oldest first, without the current one; changes in place. */
  readonly seconds: StreamSecond[] = [];
  version = 0;
  #second: number | undefined;
  #events = 0;
  #isLive = false;
  #wasLive = false;
  readonly #lags: number[] = [];

  /** Counts an event that was received at `nowMs`. `lag` in milliseconds; `null`: unknown. */
  count(nowMs: number, lag: number | null): void {
    this.advance(nowMs);
    this.#events++;
    if (lag === null) return;
    if (this.#lags.length < lagLimit) this.#lags.push(lag);
    else {
      // Reservoir sampling: each event of the second has the same probability of being in the sample.
      const index = Math.floor(Math.random() * this.#events);
      if (index < lagLimit) this.#lags[index] = lag;
    }
  }

  /** Sets whether the connection is live from now on. */
  setLive(isLive: boolean): void {
    this.#isLive = isLive;
    if (!isLive) this.#wasLive = false;
  }

  /** Marks the empty seconds since then as unknown: the connection was dead before that was detected. */
  markUnknown(sinceMs: number): void {
    const since = Math.floor(sinceMs / 1000);
    this.seconds.forEach((one, at) => {
      if (one.second > since && one.events === 0) this.seconds[at] = { ...one, events: null };
    });
    this.version++;
  }

  /** Closes the completed seconds, including empty ones. */
  advance(nowMs: number): void {
    const now = Math.floor(nowMs / 1000);
    if (this.#second === undefined || now < this.#second) this.#second = now; // The clock was set back.
    if (now === this.#second) return;
    this.#close(this.#second);
    for (let second = Math.max(this.#second + 1, now - secondLimit); second < now; second++) this.#close(second);
    this.#second = now;
    this.seconds.splice(0, this.seconds.length - secondLimit);
    this.version++;
  }

  #close(second: number): void {
    this.#lags.sort((a, b) => a - b);
    const events = this.#events === 0 && !this.#wasLive ? null : this.#events;
    this.seconds.push({ second, events, lagMedian: this.#percentile(0.5), lagP99: this.#percentile(0.99) });
    this.#events = 0;
    this.#lags.length = 0;
    this.#wasLive = this.#isLive;
  }

  /** The lag that this fraction of the events did not exceed. */
  #percentile(fraction: number): number | null {
    return this.#lags[Math.ceil(this.#lags.length * fraction) - 1] ?? null;
  }
}
