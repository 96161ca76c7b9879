import type { CeceliaEvent, LogEvent } from '../types/messages';
import { exactJson } from '../services/exact-json';
import type { OtherEvent, RelayConnection, Unsubscribe } from '../services/relay-connection';
import { type ReductionInput, toReductionInput } from './reduction-input';
import { type FrameScheduler, nextFrame } from './frame-scheduler';
import { idOf } from './wire-text';

/** Which lines are wanted: those that match every member that is given. */
export interface LogFilter {
  readonly projectId?: string;
  readonly executionId?: string;
  readonly nodeId?: string;
  readonly taskId?: string;
  /** Such as `['warning', 'error']`. */
  readonly levels?: readonly string[];
}

/** A line of a log. */
export interface LogLine {
  /** Counted up from 1, so that a list has a key. */
  readonly number: number;
  readonly level: string;
  readonly message: string;
  readonly timestamp: string;
  readonly event: LogEvent;
}

/** The newest lines of logs that a connection tells of, oldest first and at most `limit`. Listeners are told once for each frame. */
export class LogLines {
  #lines: readonly LogLine[] = [];
  #waiting: LogLine[] = [];
  #numbered = 0;
  #calledOff: (() => void) | undefined;

  constructor(
    readonly filter: LogFilter = {},
    readonly limit = 1000,
    readonly schedule: FrameScheduler = nextFrame,
  ) {}

  /** Another array after each change. */
  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** Lines that came before, such as those of a feed. */
  seed(events: Iterable<CeceliaEvent | OtherEvent>): void {
    for (const event of events) if (event.event === 'log') this.#note(event as LogEvent);
    this.#show();
  }

  /** Follows the connection until the returned function is called. */
  follow(connection: RelayConnection, listener: () => void): Unsubscribe {
    const show = () => {
      this.#calledOff = undefined;
      this.#show();
      listener();
    };
    const unsubscribe = connection.on('log', (event) => {
      if (this.#note(event)) this.#calledOff ??= this.schedule(show);
    });
    return () => {
      unsubscribe();
      this.#calledOff?.();
      this.#calledOff = undefined;
    };
  }

  #note(event: LogEvent): boolean {
    if (!this.#isWanted(event)) return false;
    const { level, message } = event.data;
    this.#waiting.push({
      number: ++this.#numbered,
      level: typeof level === 'string' ? level : 'info',
      message: typeof message === 'string' ? message : exactJson(event.data),
      timestamp: event.timestamp,
      event,
    });
    // No more than are kept need to wait.
    if (this.#waiting.length >= 2 * this.limit) this.#waiting.splice(0, this.#waiting.length - this.limit);
    return true;
  }

  #show(): void {
    if (this.#waiting.length === 0) return;
    this.#lines = [...this.#lines, ...this.#waiting].slice(-this.limit);
    this.#waiting = [];
  }

  #isWanted(event: LogEvent): boolean {
    const { projectId, executionId, nodeId, taskId, levels } = this.filter;
    const owners: ReductionInput = toReductionInput(event, event.timestamp);
    return (
      (projectId === undefined || owners.projectId === projectId) &&
      (executionId === undefined || owners.executionId === executionId) &&
      (nodeId === undefined || owners.nodeId === nodeId) &&
      (taskId === undefined || owners.taskId === taskId) &&
      (levels === undefined || levels.includes(idOf(event.data.level) || 'info'))
    );
  }
}
