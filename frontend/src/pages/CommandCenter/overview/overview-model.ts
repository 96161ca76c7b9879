import type { ExecutionEntity, ExecutorEntity, RelayConnection, TaskEntity } from 'cecelia-client';
import type { LiveView } from 'cecelia-client/state';
import { dataAsOf } from '../../../features/connection/connection-text';
import { parseTimestamp } from '../../../format/format-time';
import { formatField } from '../../../format/format-value';
import { hasEnded, isUncertain, type StatusKind, statusKind } from '../../../format/status-kind';
import type { TaskColumns } from '../board/task-columns';
import { statusSince, taskError, taskProject, taskTitle } from '../task/task-facts';
import { type Failure, type GroupedFailures, groupFailures } from './failure-groups';
import { FullExecutors } from './full-executors';
import { QueueGrowth } from './queue-growth';
import { executionWaits, nodeWaits } from '../../../features/situation/waits-for-input';
import { type Facts, type Link, longWaitMs, type Situation, situationOf, windowMs } from '../../../features/situation/situation';

/** Tasks of one kind, at most `maxRows` of them. */
export interface TaskList {
  readonly tasks: readonly TaskEntity[];
  /** Number of all of them, of those that are uncertain, and of those that this page does not hold. */
  readonly total: number;
  readonly uncertain: number;
}

/** All that the overview shows, taken at one moment. Parts that have not changed are the same objects as before. */
export interface Overview {
  /** Unix milliseconds of the relay's clock. */
  readonly at: number;
  readonly hasState: boolean;
  readonly isEmpty: boolean;
  readonly situation: Situation;
  readonly counts: { readonly running: number; readonly queued: number; readonly completed: number; readonly failed: number };
  readonly uncertain: number;
  /** Silent tasks first, then those that have been running for longest. */
  readonly running: TaskList;
  readonly silent: number;
  /** Those that have waited for longest first. */
  readonly queue: TaskList & { readonly oldest: number | null; readonly long: number };
  readonly failures: GroupedFailures;
  /** Each failure that this page holds. */
  readonly failed: readonly Failure[];
  /** Failed tasks that this page does not hold, so that their errors are unknown. */
  readonly failuresNotHeld: number;
  readonly executors: readonly { readonly executor: ExecutorEntity; readonly fullSince: number | null }[];
}

export const maxRows = 30;
/** Shortest time between two sentences of the same tone, in milliseconds. */
const steadyMs = 3000;

type View = LiveView;
type Connection = Pick<RelayConnection, 'state'>;

/** Computes the overview of a project, or of all. Tasks that have not changed cost next to nothing. */
export class OverviewModel {
  readonly #full: FullExecutors;
  readonly #growth = new QueueGrowth();
  readonly #failures = new WeakMap<object, Failure>();
  #headline: { readonly at: number; readonly key: string; readonly situation: Situation } | null = null;
  #grouped: { readonly key: string; readonly failures: GroupedFailures } | null = null;

  constructor(
    readonly view: View,
    readonly connection: Connection,
    readonly columns: TaskColumns,
    readonly project: string | null,
  ) {
    this.#full = new FullExecutors(view);
  }

  /** @param now Unix milliseconds of this page's clock. @param seenAt Failures until then were seen, by the relay's clock. */
  read(now: number, seenAt: number): Overview {
    const { view, columns } = this;
    const at = now + view.clockOffset;
    columns.sync();
    this.#full.update();
    const waiting = this.#list('waiting');
    const running = this.#running();
    const failed = this.#failed();
    const executors = [...view.sections.executor.values()].map((executor) => ({ executor, fullSince: this.#full.since(executor.id, at) }));
    const oldestTask = waiting.tasks[0];
    const oldest = oldestTask === undefined || isUncertain(oldestTask) ? null : statusSince(oldestTask);
    const counts = {
      running: running.list.total - running.list.uncertain,
      queued: waiting.total - waiting.uncertain,
      completed: this.#total('done'),
      failed: this.#total('failed'),
    };
    const uncertain = columns.columns.reduce((sum, column) => sum + column.uncertain, 0);
    if (view.hasState && this.connection.state.status === 'live') this.#growth.add(at, counts.queued);
    const executions = this.#executions();
    const isSeen = seenAt > at - windowMs && seenAt <= at + windowMs;
    const facts: Facts = {
      now: at,
      link: linkOf(this.connection, view),
      hasState: view.hasState,
      uncertain: { tasks: uncertain, executors: executors.filter(({ executor }) => executor.uncertain === true).length },
      gapAt: this.#gapAt(),
      counts: { running: counts.running, queued: counts.queued, executions: executions.running },
      seenAt: isSeen ? seenAt : null,
      newFailures: newFailures(failed.all, isSeen ? seenAt : at - windowMs),
      full: executors.flatMap(({ executor, fullSince }) =>
        fullSince === null ? [] : [{ executor: executors.length > 1 ? executor.id : '', since: fullSince }],
      ),
      silent: { tasks: running.silent, executions: executions.silent },
      waitingForInput: executions.waitingForInput,
      queue: { oldest, ...this.#growth.grown(counts.queued) },
    };
    return {
      at,
      hasState: view.hasState,
      isEmpty: view.sections.tasks.size + view.sections.executions.size + view.sections.executor.size + view.sections.nodes.size === 0,
      situation: this.#steady(situationOf(facts), now),
      counts,
      uncertain,
      running: running.list,
      silent: running.silent,
      queue: { ...waiting, oldest, long: this.#longWaits(at) },
      failures: this.#group(failed.all, at, seenAt),
      failed: failed.all,
      failuresNotHeld: counts.failed - failed.tasks,
      executors,
    };
  }

  /** The sentence changes at most every few seconds, so that it can be read and spoken, except if it becomes better or worse. */
  #steady(situation: Situation, now: number): Situation {
    const key = JSON.stringify(situation.parts);
    const last = this.#headline;
    const isSteady = last !== null && now >= last.at && now - last.at < steadyMs && last.situation.tone === situation.tone;
    if (last === null || (last.key !== key && !isSteady)) this.#headline = { at: now, key, situation };
    return { ...situation, parts: this.#headline?.situation.parts ?? situation.parts };
  }

  #columnsOf(kind: StatusKind) {
    return this.columns.columns.filter(({ status }) => statusKind(status) === kind);
  }

  #total(kind: StatusKind): number {
    return this.#columnsOf(kind).reduce((sum, { total }) => sum + total, 0);
  }

  /** The first tasks of the columns of a kind. Each column is in order. */
  #list(kind: StatusKind): TaskList {
    const columns = this.#columnsOf(kind);
    const tasks = columns.flatMap(({ entries }) => entries.slice(0, maxRows).map(({ task }) => task));
    if (columns.filter(({ entries }) => entries.length > 0).length > 1)
      tasks.sort((a, b) => Number(isUncertain(a)) - Number(isUncertain(b)) || statusSince(a) - statusSince(b));
    return {
      tasks: tasks.slice(0, maxRows),
      total: columns.reduce((sum, { total }) => sum + total, 0),
      uncertain: columns.reduce((sum, { uncertain }) => sum + uncertain, 0),
    };
  }

  #running(): { readonly list: TaskList; readonly silent: number } {
    const list = this.#list('running');
    const silent: TaskEntity[] = [];
    let count = 0;
    for (const { entries } of this.#columnsOf('running')) {
      for (const { task } of entries) {
        if (this.view.silentSince('tasks', task.id) === null) continue;
        count++;
        if (silent.length < maxRows) silent.push(task);
      }
    }
    if (count === 0) return { list, silent: 0 };
    const others = list.tasks.filter((task) => !silent.includes(task));
    return { list: { ...list, tasks: [...silent, ...others].slice(0, maxRows) }, silent: count };
  }

  #longWaits(at: number): number {
    let count = 0;
    for (const { entries } of this.#columnsOf('waiting')) {
      for (const { task } of entries) {
        if (isUncertain(task)) continue;
        if (at - statusSince(task) < longWaitMs) break; // They are in order of their time.
        count++;
      }
    }
    return count;
  }

  #executions(): { readonly running: number; readonly silent: number; readonly waitingForInput: readonly string[] } {
    let [running, silent] = [0, 0];
    const waiting = new Set<string>();
    for (const execution of this.view.sections.executions.values()) {
      if (!this.#isShown(execution) || hasEnded(execution.status)) continue;
      if (executionWaits(execution)) {
        if (!isUncertain(execution)) waiting.add(execution.id);
      } else if (statusKind(execution.status) === 'running') running++;
      if (this.view.silentSince('executions', execution.id) !== null) silent++;
    }
    for (const node of this.view.sections.nodes.values()) {
      if (node.execution_id === undefined || !nodeWaits(node) || isUncertain(node)) continue;
      const execution = this.view.sections.executions.get(node.execution_id);
      if (this.#isShown(execution ?? node) && !hasEnded(execution?.status)) waiting.add(node.execution_id);
    }
    return { running, silent, waitingForInput: [...waiting] };
  }

  #isShown({ project_id }: { readonly project_id?: string }): boolean {
    return this.project === null || project_id === this.project;
  }

  /** Failed executions, except those of a failed task, which would be counted twice. */
  #failedExecutions(): ExecutionEntity[] {
    const failed = [...this.view.sections.executions.values()].filter(
      (execution) => statusKind(execution.status) === 'failed' && this.#isShown(execution),
    );
    if (failed.length === 0) return failed;
    const ofTasks = new Set<string | undefined>();
    for (const { entries } of this.#columnsOf('failed')) {
      for (const { task } of entries) ofTasks.add(task.execution_id).add(formatField(task.data, 'runId'));
    }
    return failed.filter(({ id }) => !ofTasks.has(id));
  }

  #failed(): { readonly all: readonly Failure[]; readonly tasks: number } {
    const all: Failure[] = [];
    for (const { entries } of this.#columnsOf('failed')) for (const { task } of entries) all.push(this.#failureOf(task, ofTask));
    const tasks = all.length;
    for (const execution of this.#failedExecutions()) all.push(this.#failureOf(execution, ofExecution));
    return { all, tasks };
  }

  #failureOf<E extends object>(entity: E, convert: (entity: E) => Failure): Failure {
    let failure = this.#failures.get(entity);
    if (failure === undefined) this.#failures.set(entity, (failure = convert(entity)));
    return failure;
  }

  /** The groups change when a failed task does, and with time: once in five seconds. */
  #group(failures: readonly Failure[], at: number, seenAt: number): GroupedFailures {
    const versions = this.#columnsOf('failed').reduce((sum, { version }) => sum + version, 0);
    const key = [versions, this.view.version('executions'), Math.floor(at / 5000), seenAt].join(' ');
    if (this.#grouped?.key !== key) this.#grouped = { key, failures: groupFailures(failures, at, seenAt) };
    return this.#grouped.failures;
  }

  /** After the other gaps the state was loaded again, and is complete. */
  #gapAt(): number | null {
    const gap = this.view.gaps.findLast(({ gap: { cause } }) => cause !== 'slow_client' && cause !== 'not_recovered');
    return gap?.at ?? null;
  }
}

function linkOf({ state }: Connection, view: View): Link {
  switch (state.status) {
    case 'live':
      return { status: 'live' };
    case 'idle':
    case 'connecting':
    case 'catching-up':
      return { status: 'loading' };
    case 'degraded':
      return { status: 'degraded', since: state.asOf };
    case 'unauthorized':
    case 'reconnecting':
    case 'closed': {
      const asOf = dataAsOf(state, view.clockOffset, view.lastMessageAt);
      return { status: state.status === 'unauthorized' ? 'signed-out' : 'away', since: asOf === null ? null : asOf + view.clockOffset };
    }
  }
}

function ofTask(task: TaskEntity): Failure {
  const { id } = task;
  return { kind: 'task', id, title: taskTitle(task), project: taskProject(task), error: taskError(task), at: statusSince(task) };
}

function ofExecution(execution: ExecutionEntity): Failure {
  const { id, ended, timestamp, project_id: project } = execution;
  const error = formatField(execution, 'error') ?? formatField(execution, 'message');
  return { kind: 'execution', id, title: id, project, error, at: parseTimestamp(ended ?? timestamp) ?? 0 };
}

function newFailures(failures: readonly Failure[], after: number): Facts['newFailures'] {
  const projects = new Map<string, { project: string; count: number; since: number }>();
  for (const { project = '', at } of failures) {
    if (at <= after) continue;
    const known = projects.get(project);
    if (known === undefined) projects.set(project, { project, count: 1, since: at });
    else {
      known.count++;
      known.since = Math.min(known.since, at);
    }
  }
  return [...projects.values()];
}
