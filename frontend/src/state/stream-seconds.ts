import type { StreamSecond } from './live-view';
import type { PastSeconds } from './past-seconds';

/** Number of seconds in the history. */
const secondLimit = 120;
/** Maximum number of lags per second from which its median and percentile are computed; beyond it they are sampled. */
const lagLimit = 4096;

/** Number and lag of the events in each second. The number is unknown for a second in which the connection was not live. */
export class StreamSeconds {
  /** Oldest first, without the current one; changes in place. */
  readonly seconds: StreamSecond[] = [];
  version = 0;
  /** The seconds since the page was opened. `seconds` has those and the past ones. */
  readonly #own: StreamSecond[] = [];
  #past: PastSeconds | undefined;
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
    this.#own.forEach((one, at) => {
      if (one.second > since && one.events === 0) this.#own[at] = { ...one, events: null };
    });
    this.#rebuild();
  }

  /** Closes the completed seconds, including empty ones. */
  advance(nowMs: number): void {
    const now = Math.floor(nowMs / 1000);
    if (this.#second === undefined || now < this.#second) this.#second = now; // The clock was set back.
    if (now === this.#second) return;
    this.#close(this.#second);
    for (let second = Math.max(this.#second + 1, now - secondLimit); second < now; second++) this.#close(second);
    this.#second = now;
    this.#own.splice(0, this.#own.length - secondLimit);
    this.#rebuild();
  }

  /** Adds the seconds before the page was live. Called again when more of them are known. */
  setPast(past: PastSeconds, nowMs: number): void {
    this.advance(nowMs);
    this.#past = past;
    this.#rebuild();
  }

  #rebuild(): void {
    this.seconds.length = 0;
    const past = this.#past;
    const firstOwn = this.#own[0]?.second ?? this.#second;
    if (past?.first != null && firstOwn !== undefined) {
      const unknown = { events: null, lagMedian: null, lagP99: null };
      for (let second = Math.max(past.first, firstOwn - secondLimit + this.#own.length); second < firstOwn; second++) {
        this.seconds.push(this.#withPast({ second, ...unknown }));
      }
    }
    for (const one of this.#own) this.seconds.push(past === undefined ? one : this.#withPast(one));
    if (this.#own.length >= secondLimit) this.#past = undefined;
    this.version++;
  }

  /** Adds the events before the page was live to those of a second. */
  #withPast(own: StreamSecond): StreamSecond {
    const past = this.#past?.of(own.second);
    if (past === undefined) return own;
    if (past === null) return { ...own, events: null };
    const lags = past.lags.sort((a, b) => a - b);
    return {
      second: own.second,
      events: (own.events ?? 0) + past.events,
      // In the second in which the page became live: of its own events, if there were any.
      lagMedian: own.lagMedian ?? percentile(lags, 0.5),
      lagP99: own.lagP99 ?? percentile(lags, 0.99),
    };
  }

  #close(second: number): void {
    this.#lags.sort((a, b) => a - b);
    const events = this.#events === 0 && !this.#wasLive ? null : this.#events;
    this.#own.push({ second, events, lagMedian: percentile(this.#lags, 0.5), lagP99: percentile(this.#lags, 0.99) });
    this.#events = 0;
    this.#lags.length = 0;
    this.#wasLive = this.#isLive;
  }
}

/** The lag that this fraction of the events did not exceed. `lags` is sorted. */
export function percentile(lags: readonly number[], fraction: number): number | null {
  return lags[Math.ceil(lags.length * fraction) - 1] ?? null;
}
