import type { Position } from '../types/messages';
import { acceptedAt, pastEntry } from './feed-entry';
import type { LoadedHistory } from './history-load';
import type { EvictedEntity, HistoryPage } from './history-page';
import type { FeedEntry, KnownGap } from './live-view';
import { parseTime } from './rfc3339';

/** A step of the history: an event, or a gap, and what the relay removed directly after it. */
export interface HistoryStep {
  readonly position: Position;
  /** When the relay accepted it, in Unix milliseconds of its clock; not earlier than the step before it. */
  readonly time: number;
  readonly entry?: FeedEntry;
  readonly gap?: KnownGap;
  /** Number of events up to here. */
  readonly events: number;
  /** Number of gaps up to here. */
  readonly gaps: number;
  readonly evicted: EvictedEntity[];
  /** Whether events before the next step may be missing, without a gap of its own. */
  isIncomplete: boolean;
}

/** The steps from a base to the end of the history, in order. */
export class HistorySteps {
  readonly all: HistoryStep[] = [];
  readonly entries: FeedEntry[] = [];
  readonly gaps: KnownGap[] = [];
  /** Removed directly after the base. */
  readonly evictedAtBase: EvictedEntity[] = [];
  /** The time of the base. */
  readonly begin: number;

  constructor({ base, pages }: LoadedHistory) {
    this.begin = parseTime(base.at) ?? acceptedAt(base.position) ?? 0;
    for (const page of pages) this.#addPage(page);
    this.#addEvicted(base.evicted, base.position);
  }

  /** The number of steps up to a time in Unix milliseconds of the relay's clock, including those of that time. */
  countUpTo(time: number): number {
    let [from, to] = [0, this.all.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.all[middle]?.time ?? 0) <= time) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** The number of steps up to a position: its step if it has one, else those up to its time. */
  countAt(position: Position): number {
    const found = this.all.findLastIndex((step) => step.position === position);
    return found >= 0 ? found + 1 : this.countUpTo(acceptedAt(position) ?? this.begin);
  }

  #addPage(page: HistoryPage): void {
    const { events, gap, gapId, complete } = page;
    const [first, last] = [events[0], events.at(-1)];
    if (gap && gapId !== undefined) this.#add(gapId, acceptedAt(gapId), { gap: this.#gap(gap, acceptedAt(gapId)) });
    else if (!complete) {
      const missing = { cause: 'not_kept', missed: null, from: first?.received ?? null, to: last?.received ?? null } as const;
      this.#add('', null, { gap: this.#gap(missing, parseTime(first?.received ?? '')) });
    }
    for (const event of events) {
      const entry = pastEntry(event, this.entries.length + 1);
      this.entries.push(entry);
      this.#add(event.id ?? '', entry.received, { entry });
    }
    // The event without content may be any of the page.
    const end = this.all.at(-1);
    if (!complete && gap === undefined && end) end.isIncomplete = true;
  }

  #gap(gap: KnownGap['gap'], time: number | null): KnownGap {
    const known = { number: this.gaps.length + 1, gap, at: this.#notBefore(time), after: this.entries.length };
    this.gaps.push(known);
    return known;
  }

  #add(position: Position, time: number | null, what: Pick<HistoryStep, 'entry' | 'gap'>): void {
    const counts = { events: this.entries.length, gaps: this.gaps.length };
    this.all.push({ position, time: this.#notBefore(time), ...what, ...counts, evicted: [], isIncomplete: false });
  }

  #notBefore(time: number | null): number {
    const last = this.all.at(-1)?.time ?? this.begin;
    return Math.max(last, time ?? last);
  }

  #addEvicted(evicted: readonly EvictedEntity[], base: Position): void {
    if (evicted.length === 0) return;
    const counts = new Map(this.all.map(({ position }, index) => [position, index + 1]));
    for (const entity of evicted) {
      const count = entity.after === base ? 0 : (counts.get(entity.after) ?? this.countUpTo(acceptedAt(entity.after) ?? this.begin));
      (this.all[count - 1]?.evicted ?? this.evictedAtBase).push(entity);
    }
  }
}
