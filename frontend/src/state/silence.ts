import type { ExecutionEntity, TaskEntity } from '../types/messages';
import { type Entity, isRunning } from './entity-table';
import { parseTime } from './rfc3339';

/**
 * Finds running tasks and executions without a recent event (PROTOCOL.md, "Silent work"): derived from the times of receipt whenever it is asked for, as in
 * the relay.
 */
export class Silence {
  /** Time without an event after which running work is silent, in milliseconds; 0: never, or unknown. */
  afterMs = 0;
  /** The time of receipt of the last event about a part of an execution, by execution; the least recent first. */
  readonly #lastOfParts = new Map<string, string>();

  /** @param limit maximum number of executions. */
  constructor(readonly limit: number) {}

  /** Called with each task, node or agent that an event has changed. */
  readonly onPart = ({ execution_id: id, received }: Entity): void => {
    if (id === undefined) return;
    this.#lastOfParts.delete(id);
    this.#lastOfParts.set(id, received);
    if (this.#lastOfParts.size <= this.limit) return;
    for (const oldest of this.#lastOfParts.keys()) return void this.#lastOfParts.delete(oldest);
  };

  /** Replaces what is known by the entities of a snapshot. */
  replace(...sections: readonly (readonly Entity[])[]): void {
    this.#lastOfParts.clear();
    const latest = new Map<string, number>();
    for (const part of sections.flat()) {
      if (part.execution_id === undefined) continue;
      const at = parseTime(part.received);
      if (at === null || at < (latest.get(part.execution_id) ?? 0)) continue;
      latest.set(part.execution_id, at);
      this.onPart(part);
    }
  }

  /** Returns when the last event was received, in Unix milliseconds by the relay's clock; `null`: the task is not silent, or this is unknown. */
  taskSince(task: TaskEntity | undefined, now: number): number | null {
    return task ? this.#since(task, parseTime(task.received), now) : null;
  }

  /** As `taskSince`. An event about a part of the execution is one of the execution. */
  executionSince(execution: ExecutionEntity | undefined, now: number): number | null {
    if (!execution) return null;
    const own = parseTime(execution.received);
    const ofParts = parseTime(this.#lastOfParts.get(execution.id) ?? '');
    return this.#since(execution, own === null ? null : Math.max(own, ofParts ?? 0), now);
  }

  // After a gap, events may have been missed.
  #since({ status, uncertain }: Entity, last: number | null, now: number): number | null {
    if (this.afterMs <= 0 || last === null || uncertain === true || !isRunning(status)) return null;
    return now - last >= this.afterMs ? last : null;
  }
}
