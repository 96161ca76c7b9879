import type { CeceliaEvent, LogEvent } from '../types/messages';
import { exactJson } from '../services/exact-json';
import type { OtherEvent, RelayConnection, Unsubscribe } from '../services/relay-connection';
import { type ReductionInput, toReductionInput } from './reduction-input';
import { type FrameScheduler, nextFrame } from './frame-scheduler';
import { idOf } from './wire-text';

/** A filter of log lines: those that match every given member. */
export interface LogFilter {
  readonly projectId?: string;
  readonly executionId?: string;
  readonly nodeId?: string;
  readonly taskId?: string;
  /** Such as `['warning', 'error']`. */
  readonly levels?: readonly string[];
}

/** A log line. */
export interface LogLine {
  /** Counts from 1; usable as a key of a list. */
  readonly number: number;
  readonly level: string;
  readonly message: string;
  readonly timestamp: string;
  readonly event: LogEvent;
}

/** The newest log lines of a connection, oldest first and at most `limit`. Listeners are called once per frame. */
export class LogLines {
  #lines: readonly LogLine[] = [];
  #queue: LogLine[] = [];
  #lastNumber = 0;
  #cancelFrame: (() => void) | undefined;

  constructor(
    readonly filter: LogFilter = {},
    readonly limit = 1000,
    readonly schedule: FrameScheduler = nextFrame,
  ) {}

  /** A new array after each change. */
  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** Adds earlier lines, such as those of a feed. */
  seed(events: Iterable<CeceliaEvent | OtherEvent>): void {
    for (const event of events) if (event.event === 'log') this.#enqueue(event as LogEvent);
    this.#flush();
  }

  /** Follows the connection until the returned function is called. */
  follow(connection: RelayConnection, listener: () => void): Unsubscribe {
    const flush = () => {
      this.#cancelFrame = undefined;
      this.#flush();
      listener();
    };
    const unsubscribe = connection.on('log', (event) => {
      if (this.#enqueue(event)) this.#cancelFrame ??= this.schedule(flush);
    });
    return () => {
      unsubscribe();
      this.#cancelFrame?.();
      this.#cancelFrame = undefined;
    };
  }

  #enqueue(event: LogEvent): boolean {
    if (!this.#matches(event)) return false;
    const { level, message } = event.data;
    this.#queue.push({
      number: ++this.#lastNumber,
      level: typeof level === 'string' ? level : 'info',
      message: typeof message === 'string' ? message : exactJson(event.data),
      timestamp: event.timestamp,
      event,
    });
    // More than `limit` lines need not be queued.
    if (this.#queue.length >= 2 * this.limit) this.#queue.splice(0, this.#queue.length - this.limit);
    return true;
  }

  #flush(): void {
    if (this.#queue.length === 0) return;
    this.#lines = [...this.#lines, ...this.#queue].slice(-this.limit);
    this.#queue = [];
  }

  #matches(event: LogEvent): boolean {
    const { projectId, executionId, nodeId, taskId, levels } = this.filter;
    const ids: ReductionInput = toReductionInput(event, event.timestamp);
    return (
      (projectId === undefined || ids.projectId === projectId) &&
      (executionId === undefined || ids.executionId === executionId) &&
      (nodeId === undefined || ids.nodeId === nodeId) &&
      (taskId === undefined || ids.taskId === taskId) &&
      (levels === undefined || levels.includes(idOf(event.data.level) || 'info'))
    );
  }
}
