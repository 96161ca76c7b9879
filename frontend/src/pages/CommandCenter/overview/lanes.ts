import type { RunSpan } from './run-spans';

/** A span in its lane. */
export interface LaneSpan extends RunSpan {
  /** Index of the lane; `null`: all lanes were taken. */
  readonly lane: number | null;
}

/** The end of one run and the start of the next may be published in the wrong order, this far apart, in milliseconds. */
const toleranceMs = 250;

/**
 * Assigns runs to lanes. The events do not name slots, so that a lane is the first one that was free when the run started; which lane it was in stays.
 *
 * Example: runs of 0–10 s, 2–4 s and 5–6 s take the lanes 0, 1 and 1.
 */
export class Lanes {
  #lanes: RunSpan[][] = [];
  #placed = new Map<string, LaneSpan>();

  /** Number of lanes with a span. */
  get count(): number {
    return this.#lanes.findLastIndex((lane) => lane.length > 0) + 1;
  }

  /** Replaces the spans. Those that were placed before keep their lanes. Returns all in order of their start. `limit`: maximum number of lanes. */
  update(spans: readonly RunSpan[], limit: number): readonly LaneSpan[] {
    const ordered = [...spans].sort((a, b) => a.from - b.from || (a.key < b.key ? -1 : 1));
    const before = this.#placed;
    this.#placed = new Map();
    this.#lanes = [];
    const unplaced: RunSpan[] = [];
    for (const span of ordered) {
      const known = before.get(span.key);
      if (known?.lane == null || known.lane >= limit) unplaced.push(span);
      else this.#put(span, known.lane);
    }
    for (const span of unplaced) this.#put(span, this.#free(span, limit));
    return ordered.map((span) => this.#placed.get(span.key) ?? { ...span, lane: null });
  }

  #put(span: RunSpan, lane: number | null): void {
    this.#placed.set(span.key, { ...span, lane });
    if (lane === null) return;
    const others = (this.#lanes[lane] ??= []);
    others.splice(this.#after(others, span.from), 0, span);
  }

  #free(span: RunSpan, limit: number): number | null {
    for (let index = 0; index < limit; index++) {
      const lane = (this.#lanes[index] ??= []);
      const at = this.#after(lane, span.from);
      const [previous, next] = [lane[at - 1], lane[at]];
      const isFree = previous === undefined || (previous.to ?? Infinity) - toleranceMs <= span.from;
      if (isFree && (next === undefined || (span.to ?? Infinity) - toleranceMs <= next.from)) return index;
    }
    return null;
  }

  /** Index of the first span that starts later. Most often that is the end. */
  #after(lane: readonly RunSpan[], from: number): number {
    let at = lane.length;
    while (at > 0 && (lane[at - 1]?.from ?? 0) > from) at--;
    return at;
  }
}
