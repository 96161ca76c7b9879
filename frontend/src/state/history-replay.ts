import type { LoadedHistory } from './history-load';
import type { HistorySteps } from './history-steps';
import { copyOf, isCertain, removeEvicted, restore, sizeOf } from './history-tables';
import { parseTime } from './rfc3339';
import { type StateCopy, StateTables } from './state-tables';

/** A stretch of the history whose state is uncertain, in steps and in time. */
export interface UncertainSpan {
  /** The state is uncertain from this number of steps to below `to`. */
  readonly from: number;
  readonly to: number;
  /** In Unix milliseconds of the relay's clock: from the last event before the gap, until the state is certain again. */
  readonly fromTime: number;
  readonly toTime: number;
}

/** Number of steps between two checkpoints, and between two that are kept only around the present step. */
const checkpointSteps = 2000;
const nearSteps = 250;
/** Maximum number of entities in all checkpoints together; beyond it they are further apart. */
const checkpointEntities = 400_000;
/** Longest time for which the page is blocked while the history is prepared, in milliseconds. */
const sliceMs = 12;

/**
 * The state tables at any step: a checkpoint, and the events from there on, reduced by the reducer of the live state. Example with a checkpoint each 2,000
 * steps: step 4,700 is the checkpoint of 4,000 and 700 events. While these are reduced, the states of 4,250 and 4,500 are kept too, so that going back
 * from 4,700 to 4,699 reduces 199 events.
 */
export class HistoryReplay {
  readonly tables: StateTables;
  /** Stretches that are uncertain, in order. */
  readonly uncertain: UncertainSpan[] = [];
  /** The state by the number of steps. */
  readonly #checkpoints = new Map<number, StateCopy>();
  readonly #near = new Map<number, StateCopy>();
  readonly #steps: HistorySteps;
  #count = 0;

  private constructor(steps: HistorySteps, tables: StateTables) {
    this.#steps = steps;
    this.tables = tables;
  }

  /** The number of steps up to the present state. */
  get count(): number {
    return this.#count;
  }

  /** Reduces all steps once, in short slices. `execution`: as of `StateTables`. */
  static async prepare(
    { base }: LoadedHistory,
    steps: HistorySteps,
    entityLimit: number,
    execution: string | undefined,
    signal?: AbortSignal,
  ): Promise<HistoryReplay> {
    const tables = new StateTables(entityLimit, execution);
    tables.silence.afterMs = base.silentAfterMs;
    tables.applySnapshot({ ...base, part: 1, last: true });
    for (const entity of steps.evictedAtBase) removeEvicted(tables, entity);
    const replay = new HistoryReplay(steps, tables);
    await replay.#reduceAll(signal);
    return replay;
  }

  /** Changes the tables to the state after that number of steps. */
  seek(count: number): void {
    if (count < this.#count || count - this.#count > checkpointSteps) this.#restoreBefore(count);
    while (this.#count < count) {
      this.#reduceNext();
      if (this.#count % nearSteps === 0) this.#keepNear();
    }
  }

  async #reduceAll(signal?: AbortSignal): Promise<void> {
    const { all } = this.#steps;
    this.#checkpoints.set(0, copyOf(this.tables));
    let from: { readonly count: number; readonly time: number } | undefined;
    if (!isCertain(this.tables)) from = { count: 0, time: this.#steps.begin };
    let last = 0;
    let sliceBegan = performance.now();
    for (const step of all) {
      const before = all[this.#count - 1]?.time ?? this.#steps.begin;
      this.#reduceNext();
      if (step.gap || step.isIncomplete)
        from ??= { count: this.#count, time: step.gap ? (parseTime(step.gap.gap.from ?? '') ?? before) : step.time };
      if (from && !step.gap && !step.isIncomplete && isCertain(this.tables)) {
        this.uncertain.push({ from: from.count, to: this.#count, fromTime: from.time, toTime: step.time });
        from = undefined;
      }
      const distance = Math.max(checkpointSteps, (all.length * sizeOf(this.tables)) / checkpointEntities);
      if (this.#count - last >= distance) this.#checkpoints.set((last = this.#count), copyOf(this.tables));
      if (performance.now() - sliceBegan < sliceMs) continue;
      await new Promise((resolve) => setTimeout(resolve));
      signal?.throwIfAborted();
      sliceBegan = performance.now();
    }
    if (from) this.uncertain.push({ from: from.count, to: Infinity, fromTime: from.time, toTime: Infinity });
  }

  #reduceNext(): void {
    const step = this.#steps.all[this.#count++];
    if (!step) return;
    const { entry, gap, evicted, isIncomplete } = step;
    if (entry) this.tables.apply(entry.event, isoOf(entry.accepted ?? entry.received));
    if (gap?.gap.cause === 'publisher_restarted') this.tables.forgetNumbers(gap.gap.source);
    if (gap || isIncomplete) this.tables.markUncertain();
    for (const entity of evicted) removeEvicted(this.tables, entity);
  }

  #restoreBefore(count: number): void {
    let best = 0;
    for (const at of [...this.#checkpoints.keys(), ...this.#near.keys()]) if (at <= count && at > best) best = at;
    // Going forwards, the present state may be nearer.
    if (this.#count <= count && this.#count >= best) return;
    const copy = this.#checkpoints.get(best) ?? this.#near.get(best);
    if (copy) restore(this.tables, copy);
    this.#count = best;
  }

  /** Keeps the state for going back in small steps, instead of the one that was kept first if they have too many entities. */
  #keepNear(): void {
    if (this.#checkpoints.has(this.#count) || this.#near.has(this.#count)) return;
    const limit = Math.max(2, Math.min(16, checkpointEntities / 4 / Math.max(1, sizeOf(this.tables))));
    for (const oldest of this.#near.keys()) {
      if (this.#near.size < limit) break;
      this.#near.delete(oldest);
    }
    this.#near.set(this.#count, copyOf(this.tables));
  }
}

let isoMs = Number.NaN;
let isoText = '';

/** Many events have the same millisecond. */
function isoOf(ms: number): string {
  if (ms !== isoMs) [isoMs, isoText] = [ms, new Date(ms).toISOString()];
  return isoText;
}
