import type { StreamSecond } from './live-view';

/** Seconds that are kept. */
const kept = 120;
/** Most lags of a second that its median and percentile are made of; a busier one is sampled. */
const maxLags = 4096;

/** How many events came in each second, and how late they were. In a second in which the connection was not live, nobody knows how many there were. */
export class StreamSeconds {
  /** Oldest first, without the present one; changes in place. */
  readonly seconds: StreamSecond[] = [];
  version = 0;
  #second: number | undefined;
  #events = 0;
  #isLive = false;
  #wasLive = false;
  readonly #lags: number[] = [];

  /** Counts an event that came at `nowMs`. `lag` in milliseconds; `null`: not known. */
  count(nowMs: number, lag: number | null): void {
    this.roll(nowMs);
    this.#events++;
    if (lag === null) return;
    if (this.#lags.length < maxLags) this.#lags.push(lag);
    else {
      // Each event of the second has the same chance to be among those that are kept.
      const place = Math.floor(Math.random() * this.#events);
      if (place < maxLags) this.#lags[place] = lag;
    }
  }

  /** Whether the connection is live from now on. */
  follow(isLive: boolean): void {
    this.#isLive = isLive;
    if (!isLive) this.#wasLive = false;
  }

  /** Nothing is known of the seconds since then in which nothing came: the connection was dead before that was noticed. */
  lost(sinceMs: number): void {
    const since = Math.floor(sinceMs / 1000);
    this.seconds.forEach((one, at) => {
      if (one.second > since && one.events === 0) this.seconds[at] = { ...one, events: null };
    });
    this.version++;
  }

  /** Closes the seconds that are over. Those in which nothing came are there too. */
  roll(nowMs: number): void {
    const now = Math.floor(nowMs / 1000);
    if (this.#second === undefined || now < this.#second) this.#second = now; // The clock was put back.
    if (now === this.#second) return;
    this.#close(this.#second);
    for (let second = Math.max(this.#second + 1, now - kept); second < now; second++) this.#close(second);
    this.#second = now;
    this.seconds.splice(0, this.seconds.length - kept);
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

  /** The lag that this part of the events did not pass. */
  #percentile(part: number): number | null {
    return this.#lags[Math.ceil(this.#lags.length * part) - 1] ?? null;
  }
}
