import type { HistoryPage } from './history-page';
import { parseTime } from './rfc3339';

/** What is known of a past second. */
interface PastSecond {
  events: number;
  readonly lags: number[];
}

/** Maximum number of lags that are kept of a second. */
const lagLimit = 4096;

/** The seconds before a page was live, counted from the relay's history. Its pages are added from the newest to the oldest. */
export class PastSeconds {
  readonly #seconds = new Map<number, PastSecond>();
  /** Seconds in which events may be missing, both ends included. */
  readonly #unknown: (readonly [from: number, to: number])[] = [];
  #first: number | null = null;
  #hasEnded = false;

  /** @param last The second in which the history ends, because the page was live from then on. */
  constructor(readonly last: number) {}

  /** The first second that is wholly covered; `null`: none. */
  get first(): number | null {
    return this.#first;
  }

  /** Adds an event. `ms` in Unix milliseconds of the page's clock, `lag` in milliseconds, `null` if unknown. */
  count(ms: number, lag: number | null): void {
    if (this.#hasEnded) return;
    const second = Math.floor(ms / 1000);
    let counted = this.#seconds.get(second);
    if (counted === undefined) this.#seconds.set(second, (counted = { events: 0, lags: [] }));
    counted.events++;
    if (lag !== null && counted.lags.length < lagLimit) counted.lags.push(lag);
  }

  /** Called after the events of a page were counted. `offset`: the relay's clock minus the page's, in milliseconds. */
  endPage({ events, complete, gap }: HistoryPage, offset: number): void {
    const secondOf = (text: string | null | undefined) => {
      const ms = parseTime(text ?? '');
      return ms === null ? null : Math.floor((ms - offset) / 1000);
    };
    const [oldest, newest] = [secondOf(events[0]?.received), secondOf(events.at(-1)?.received)];
    if (this.#hasEnded) return;
    // Older events of that second are on the next page.
    if (oldest !== null) this.#first = oldest + 1;
    if (complete) return;
    if (gap === undefined) {
      if (oldest !== null) this.#unknown.push([oldest, newest ?? oldest]);
      return;
    }
    const [from, to] = [secondOf(gap.from), secondOf(gap.to)];
    if (from === null || to === null) {
      // It is not known how far back events may be missing.
      this.#hasEnded = true;
      return;
    }
    this.#unknown.push([from, to]);
    this.#first = from;
  }

  /** Returns what is known of a second: `undefined` if the history does not cover it, `null` if events may be missing in it. */
  of(second: number): PastSecond | null | undefined {
    if (this.#first === null || second < this.#first || second > this.last) return undefined;
    if (this.#unknown.some(([from, to]) => second >= from && second <= to)) return null;
    return this.#seconds.get(second) ?? { events: 0, lags: [] };
  }
}
