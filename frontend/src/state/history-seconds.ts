import type { HistorySteps } from './history-steps';
import type { StreamSecond } from './live-view';
import { parseTime } from './rfc3339';
import { percentile } from './stream-seconds';

/** Number of seconds before a moment that are shown. */
const secondLimit = 120;

const secondOf = (ms: number) => Math.floor(ms / 1000);

/** The seconds of a history, counted once. */
export class HistorySeconds {
  readonly #counted = new Map<number, StreamSecond>();
  /** Seconds in which events may be missing, both ends included. */
  readonly #unknown: (readonly [from: number, to: number])[] = [];
  readonly #first: number;

  constructor({ begin, entries, gaps }: HistorySteps) {
    // Of its first second, the history may have a part only.
    this.#first = secondOf(begin) + 1;
    let lags: number[] = [];
    entries.forEach(({ received, lag }, index) => {
      if (lag !== null) lags.push(lag);
      const second = secondOf(received);
      const next = entries[index + 1];
      const events = (this.#counted.get(second)?.events ?? 0) + 1;
      if (next && secondOf(next.received) === second) {
        if (events === 1) this.#counted.set(second, { second, events, lagMedian: null, lagP99: null });
        else (this.#counted.get(second) as { events: number }).events = events;
        return;
      }
      lags.sort((a, b) => a - b);
      this.#counted.set(second, { second, events, lagMedian: percentile(lags, 0.5), lagP99: percentile(lags, 0.99) });
      lags = [];
    });
    for (const { gap, at, after } of gaps) {
      const from = parseTime(gap.from ?? '') ?? entries[after - 1]?.received ?? begin;
      this.#unknown.push([secondOf(from), secondOf(parseTime(gap.to ?? '') ?? at)]);
    }
  }

  /** The last seconds before the one of that time, in Unix milliseconds of the relay's clock. */
  before(time: number): StreamSecond[] {
    const now = secondOf(time);
    const seconds: StreamSecond[] = [];
    for (let second = Math.max(this.#first, now - secondLimit); second < now; second++) {
      const counted = this.#counted.get(second) ?? { second, events: 0, lagMedian: null, lagP99: null };
      const isUnknown = this.#unknown.some(([from, to]) => second >= from && second <= to);
      seconds.push(isUnknown ? { ...counted, events: null } : counted);
    }
    return seconds;
  }
}
