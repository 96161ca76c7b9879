import type { LinkData, Position } from '../types/messages';
import { HandlerSet } from '../services/handler-set';
import type { Unsubscribe } from '../services/relay-connection';
import type { RelayFilter } from '../services/relay-url';
import { type FetchPath, loadHistory } from './history-load';
import { HistoryReplay, type UncertainSpan } from './history-replay';
import { HistorySeconds } from './history-seconds';
import { HistorySteps } from './history-steps';
import { entityKey, type FeedEntry, type KnownGap, type LiveView, type SectionName, type Sections, type StreamSecond } from './live-view';

export interface StateHistoryOptions {
  /** Fetches a path from the relay, such as `api/v1/history?base`, with the token if the relay requires one. */
  readonly fetch: FetchPath;
  /** The filter of the view. If it is a single execution, events without an execution belong to that one. */
  readonly filter?: RelayFilter | undefined;
  /** Maximum number of events. Default 65,536. With more, the history begins later. */
  readonly maxEvents?: number;
  /** Maximum size of all events, and of the base, in characters of JSON. Default 32 Mi. With more, the history begins later. */
  readonly maxSize?: number;
  /** Maximum number of entities in each section. Default 50,000. */
  readonly entityLimit?: number;
  /** Maximum number of events in the feed. Default 5,000. */
  readonly feedLimit?: number;
  /** Where the history ends if its last event is earlier, in Unix milliseconds of the relay's clock: nothing has changed since. */
  readonly end?: number;
  readonly signal?: AbortSignal;
}

/** A moment of the history: a time in Unix milliseconds of the relay's clock, or the `id` of a message. */
export type Moment = number | Position;

const gapLimit = 50;

/**
 * The state at any moment that the relay's journal covers (PROTOCOL.md, "Base"), as a view that moves: `seek` and `step` change it in place, and call its
 * listeners. It is loaded once and does not receive later events.
 *
 * Example: `const history = await StateHistory.load({ fetch: (path, signal) => fetch(new URL(path, relay), { headers, signal }) });` begins at its end;
 * `history.seek(history.end - 60_000)` shows the state of a minute before, and `history.step()` the next event.
 */
export class StateHistory implements LiveView {
  readonly feedLimit: number;
  readonly feed: FeedEntry[] = [];
  readonly gaps: KnownGap[] = [];
  readonly seconds: StreamSecond[] = [];
  readonly hasState = true;
  /** Unknown in the past. */
  readonly link: LinkData | null = null;
  readonly #steps: HistorySteps;
  readonly #replay: HistoryReplay;
  readonly #counted: HistorySeconds;
  readonly #listeners = new HandlerSet<void>((error) => reportError(error));
  readonly #end: number;
  #time: number;
  #moves = 0;
  #pastVersion = 0;

  private constructor(steps: HistorySteps, replay: HistoryReplay, feedLimit: number, end: number) {
    this.#steps = steps;
    this.#replay = replay;
    this.#counted = new HistorySeconds(steps);
    this.feedLimit = feedLimit;
    this.#end = end;
    this.#time = this.end;
    this.#show();
  }

  /** Loads the history. The view is at its end. @throws HistoryError */
  static async load(options: StateHistoryOptions): Promise<StateHistory> {
    const {
      filter = {},
      maxEvents = 65_536,
      maxSize = 32 * 1024 * 1024,
      entityLimit = 50_000,
      feedLimit = 5000,
      end = 0,
      signal,
    } = options;
    const loaded = await loadHistory(options.fetch, { filter, maxEvents, maxSize }, signal);
    const steps = new HistorySteps(loaded);
    const executions = [filter.execution ?? []].flat();
    const execution = executions.length === 1 ? executions[0] : undefined;
    return new StateHistory(steps, await HistoryReplay.prepare(loaded, steps, entityLimit, execution, signal), feedLimit, end);
  }

  /** The time of the earliest moment, in Unix milliseconds of the relay's clock. */
  get begin(): number {
    return this.#steps.begin;
  }

  /** The time of the last step, or the option `end`. */
  get end(): number {
    return Math.max(this.#steps.all.at(-1)?.time ?? this.begin, this.#end);
  }

  /** Number of steps: events and gaps. */
  get length(): number {
    return this.#steps.all.length;
  }

  /** The number of steps up to the present moment: 0 at the base. */
  get index(): number {
    return this.#replay.count;
  }

  /** The present moment. */
  get time(): number {
    return this.#time;
  }

  /** The position of the present moment, for a link; `null` at the base. */
  get position(): Position | null {
    return this.#steps.all[this.index - 1]?.position ?? null;
  }

  /** All events of the history, oldest first; `feed` has those up to the present moment. */
  get allEvents(): readonly FeedEntry[] {
    return this.#steps.entries;
  }

  /** All gaps of the history; `gaps` are those up to the present moment. */
  get allGaps(): readonly KnownGap[] {
    return this.#steps.gaps;
  }

  /** The stretches in which entities are uncertain or events may be missing, in order. */
  get uncertain(): readonly UncertainSpan[] {
    return this.#replay.uncertain;
  }

  /** Whether nothing is known to be missing at a moment: no gap is open there, and no entity is uncertain because of an earlier one. */
  isCertain(moment: Moment): boolean {
    const [time, count] = this.#find(moment);
    return !this.uncertain.some(
      ({ from, to, fromTime, toTime }) => (count >= from && count < to) || (time > fromTime && time < toTime && count < to),
    );
  }

  /** Moves to a moment, or to the nearest one of the history, and returns the view. */
  seek(moment: Moment): this {
    const [time, count] = this.#find(moment);
    return this.#move(time, count);
  }

  /** Moves to a number of steps from the base, within 0 to `length`. */
  seekIndex(index: number): this {
    const count = Math.min(Math.max(0, Math.trunc(index)), this.length);
    return this.#move(this.#steps.all[count - 1]?.time ?? this.begin, count);
  }

  /** Moves by a number of steps, which may be negative. */
  step(by = 1): this {
    return this.seekIndex(this.index + by);
  }

  get sections(): Sections {
    return this.#replay.tables.sections;
  }

  dropped(section: SectionName, project: string | null = null): ReadonlyMap<string, number> {
    return this.#replay.tables.dropped(section, project);
  }

  version(of?: SectionName | 'feed' | 'past' | 'gaps' | 'seconds'): number {
    switch (of) {
      case 'past':
        return this.#pastVersion;
      case 'feed':
      case 'gaps':
      case 'seconds':
        return this.#moves;
      case undefined:
        return this.#replay.tables.version() + this.#moves;
      default:
        return this.#replay.tables.version(of);
    }
  }

  subscribe(listener: () => void): Unsubscribe {
    return this.#listeners.add(listener);
  }

  /** So that this page's clock plus the offset is the present moment. */
  get clockOffset(): number {
    return this.#time - Date.now();
  }

  get lastMessageAt(): number | null {
    const step = this.#steps.all[this.index - 1];
    return step ? step.time - this.clockOffset : null;
  }

  silentSince(section: 'tasks' | 'executions', id: string): number | null {
    const { silence } = this.#replay.tables;
    return section === 'tasks'
      ? silence.taskSince(this.sections.tasks.get(id), this.#time)
      : silence.executionSince(this.sections.executions.get(id), this.#time);
  }

  /** At least the last 12 KiB of the text at the present moment, or all of it if it is shorter. */
  text(executionId: string, nodeId: string): string {
    const key = entityKey(executionId, nodeId);
    return this.#replay.tables.texts.get(key, this.sections.nodes.get(key)?.text);
  }

  #find(moment: Moment): readonly [time: number, count: number] {
    if (typeof moment === 'string') {
      const count = this.#steps.countAt(moment);
      return [this.#steps.all[count - 1]?.time ?? this.begin, count];
    }
    const time = Math.min(Math.max(moment, this.begin), this.end);
    // At its beginning, the history has the base, also if there are events of the same millisecond.
    return [time, moment <= this.begin ? 0 : this.#steps.countUpTo(time)];
  }

  #move(time: number, count: number): this {
    if (time === this.#time && count === this.index) return this;
    if (count < this.index) this.#pastVersion++;
    this.#time = time;
    this.#replay.seek(count);
    this.#show();
    this.#listeners.emit();
    return this;
  }

  #show(): void {
    const { events = 0, gaps = 0 } = this.#steps.all[this.index - 1] ?? {};
    replace(this.feed, this.#steps.entries.slice(Math.max(0, events - this.feedLimit), events));
    replace(this.gaps, this.#steps.gaps.slice(Math.max(0, gaps - gapLimit), gaps));
    replace(this.seconds, this.#counted.before(this.#time));
    this.#moves++;
  }
}

function replace<T>(array: T[], items: readonly T[]): void {
  array.length = 0;
  for (const item of items) array.push(item);
}
