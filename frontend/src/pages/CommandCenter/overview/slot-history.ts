import type { ExecutorEntity, TaskEntity } from 'cecelia-client';
import type { RelayConnection } from 'cecelia-client';
import type { LiveView } from 'cecelia-client/state';
import { dataAsOf } from '../../../features/connection/connection-text';
import { parseTimestamp } from '../../../format/format-time';
import { hasEnded, isUncertain } from '../../../format/status-kind';
import type { TaskColumns } from '../board/task-columns';
import { statusSince } from '../task/task-facts';
import { Lanes, type LaneSpan } from './lanes';
import { type RunSpan, runSpans } from './run-spans';

/** What ran on an executor, or on all if the events do not tell. Times in Unix milliseconds of the relay's clock. */
export interface SlotGroup {
  /** Empty if there is only one. */
  readonly executor: string;
  /** Number of lanes: the known slots, and more if more tasks ran at the same time. */
  readonly lanes: number;
  readonly spans: readonly LaneSpan[];
  /** Number of runs without a lane. */
  readonly hidden: number;
}

export interface SlotHistory {
  readonly from: number;
  readonly to: number;
  readonly groups: readonly SlotGroup[];
  /** Times of which it is unknown what ran. */
  readonly unknown: readonly (readonly [from: number, to: number])[];
}

/** Maximum number of lanes, of lanes beyond the slots, and of lanes if the number of slots is unknown. */
const maxLanes = 48;
const extraLanes = 2;
const lanesWithoutSlots = 12;
/** Maximum number of runs that are considered. */
const maxSpans = 20_000;

/** What ran in which slot in the last minutes. The executor's events have numbers of slots but no names, so that lanes are assigned by time. */
export class SlotHistoryModel {
  readonly #lanes = new Map<string, Lanes>();

  /** @param columns The tasks of all projects: they share the slots. */
  constructor(
    readonly view: LiveView,
    readonly connection: Pick<RelayConnection, 'state'>,
    readonly columns: TaskColumns,
  ) {}

  /** `now` in Unix milliseconds of this page's clock. */
  read(now: number, spanMs: number): SlotHistory {
    const { view } = this;
    this.columns.sync();
    const to = now + view.clockOffset;
    const from = to - spanMs;
    const executors = [...view.sections.executor.values()];
    const byExecutor = new Map<string, RunSpan[]>();
    let count = 0;
    for (const task of this.#tasksSince(from)) {
      for (const run of runSpans(task)) {
        // Whether it still runs is unknown. It takes no lane from those that are known to run.
        const span = run.to === null && isUncertain(task) ? { ...run, to: Math.max(run.from, knownUntil(task, to)) } : run;
        if ((span.to ?? to) < from || count >= maxSpans) continue;
        count++;
        const group = executors.length > 1 && view.sections.executor.has(task.source ?? '') ? (task.source ?? '') : '';
        const others = byExecutor.get(group);
        if (others === undefined) byExecutor.set(group, [span]);
        else others.push(span);
      }
    }
    if (executors.length === 1 && !byExecutor.has('')) byExecutor.set('', []);
    const groups = [...byExecutor]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([executor, spans]) =>
        this.#group(executor, spans, slotsOf(executors.length === 1 ? executors[0] : view.sections.executor.get(executor))),
      );
    for (const executor of this.#lanes.keys()) if (!byExecutor.has(executor)) this.#lanes.delete(executor);
    return { from, to, groups, unknown: this.#unknown(from, to) };
  }

  /** Ended tasks are in order of their end, newest first, the others are not. */
  *#tasksSince(from: number): Generator<TaskEntity> {
    for (const { status, entries } of this.columns.columns) {
      const isEnded = hasEnded(status);
      for (const { task } of entries) {
        if (isEnded && statusSince(task) < from) break;
        yield task;
      }
    }
  }

  #group(executor: string, spans: readonly RunSpan[], slots: number): SlotGroup {
    let lanes = this.#lanes.get(executor);
    if (lanes === undefined) this.#lanes.set(executor, (lanes = new Lanes()));
    const placed = lanes.update(spans, Math.min(maxLanes, slots > 0 ? slots + extraLanes : lanesWithoutSlots));
    const shown = placed.filter(({ lane }) => lane !== null);
    return { executor, lanes: Math.max(lanes.count, Math.min(slots, maxLanes)), spans: shown, hidden: placed.length - shown.length };
  }

  #unknown(from: number, to: number): [number, number][] {
    const { view, connection, columns } = this;
    const ranges: [number, number][] = [];
    for (const { gap, at } of view.gaps) {
      if (gap.cause === 'slow_client' || gap.cause === 'not_recovered') continue; // The state was loaded again.
      ranges.push([parseTimestamp(gap.from) ?? at, parseTimestamp(gap.to) ?? at]);
    }
    const asOf = dataAsOf(connection.state, view.clockOffset, view.lastMessageAt);
    if (asOf !== null) ranges.push([asOf + view.clockOffset, to]);
    // Of older tasks only the number is known.
    const evicted = [...view.dropped('tasks').values()].some((count) => count > 0);
    const oldest = columns.columns.flatMap(({ status, entries }) => (hasEnded(status) ? (entries.at(-1)?.task ?? []) : []));
    if (evicted && oldest.length > 0) ranges.push([from, Math.max(...oldest.map(statusSince))]);
    return ranges.filter(([start, end]) => end > from && start < to && end > start);
  }
}

function slotsOf(executor: ExecutorEntity | undefined): number {
  return (executor?.data?.activeCount ?? 0) + (executor?.data?.availableSlots ?? 0);
}

/** Until when the status of a running task is known: its last event before a gap; otherwise now. Unix milliseconds. */
export function knownUntil(task: TaskEntity | undefined, now: number): number {
  return task !== undefined && isUncertain(task) ? (parseTimestamp(task.received) ?? now) : now;
}
