import type { TaskEntity } from 'cecelia-client';
import type { LiveView } from 'cecelia-client/state';
import { hasEnded, isUncertain, statusKind } from '../../../format/status-kind';
import { statusSince, taskMatches } from '../task/task-facts';

/** The entry of a task in a column. The object is stable while the task stays in the column; `task` is always its newest entity. */
export interface TaskEntry {
  readonly task: TaskEntity;
}

/** The tasks of one status that pass the filter, in order. Mutated in place; `version` changes with the content. */
export interface TaskColumn {
  readonly status: string;
  readonly entries: readonly TaskEntry[];
  /** Number of tasks with the status, including those not held by this page. During a search, the number of matches. */
  readonly total: number;
  /** Number of uncertain tasks (last updated before a gap). They are last in the order. */
  readonly uncertain: number;
  readonly version: number;
}

class Entry implements TaskEntry {
  /** Sort key within the column. Set when the task enters the column, so that progress events do not reorder it. */
  rank = 0;
  column: Column | null = null;

  /** Whether the task was uncertain when the entry was created. A change creates a new entry. */
  readonly isUncertain: boolean;

  constructor(public task: TaskEntity) {
    this.isUncertain = isUncertain(task);
  }
}

class Column implements TaskColumn {
  entries: Entry[] = [];
  uncertain = 0;
  version = 0;
  dropped = 0;
  readonly #newestFirst: boolean;

  constructor(readonly status: string) {
    this.#newestFirst = hasEnded(status);
  }

  get total(): number {
    return this.entries.length + this.dropped;
  }

  rankOf(task: TaskEntity): number {
    return this.#newestFirst ? -statusSince(task) : statusSince(task);
  }

  /** Inserts entries in order: one by one, or for many of them by sorting the column once. */
  insert(added: Entry[]): void {
    this.version++;
    this.uncertain += countUncertain(added);
    if (added.length > 32) {
      this.entries = this.entries.concat(added).sort(compareEntries);
      return;
    }
    for (const entry of added) this.entries.splice(this.#indexOf(entry), 0, entry);
  }

  remove(removed: ReadonlySet<Entry>): void {
    this.version++;
    this.uncertain -= countUncertain(removed);
    if (removed.size > 32) {
      this.entries = this.entries.filter((entry) => !removed.has(entry));
      return;
    }
    for (const entry of removed) {
      const index = this.#indexOf(entry);
      if (this.entries[index] === entry) this.entries.splice(index, 1);
    }
  }

  /** Binary search for the index of an entry, or for its insertion point. */
  #indexOf(entry: Entry): number {
    let [from, to] = [0, this.entries.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      const candidate = this.entries[middle];
      if (candidate !== undefined && compareEntries(candidate, entry) < 0) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

function countUncertain(entries: Iterable<Entry>): number {
  let count = 0;
  for (const entry of entries) if (entry.isUncertain) count++;
  return count;
}

function compareEntries(a: Entry, b: Entry): number {
  if (a.isUncertain !== b.isUncertain) return a.isUncertain ? 1 : -1;
  if (a.rank !== b.rank) return a.rank - b.rank;
  return a.task.id < b.task.id ? -1 : a.task.id > b.task.id ? 1 : 0;
}

/** The status of the column for the tasks of all statuses that have none of their own. */
export const mixedStatus = '*';
/** Maximum number of columns for statuses that only their publisher understands: it may use any number of them, and a board is for people. */
const otherLimit = 20;

/** Columns that are always present. */
const defaultStatuses = ['queued', 'running', 'completed', 'failed'] as const;

/**
 * The tasks of a view grouped by status. `sync` visits each task once and updates only those whose entity was replaced. Waiting and running tasks are ordered
 * by the time at which they entered the status, finished tasks newest first, and uncertain tasks last. Any other status gets a column of its own, which then
 * stays, up to a limit: the tasks of further statuses share one column.
 */
export class TaskColumns {
  readonly #view: Pick<LiveView, 'sections' | 'version' | 'dropped'>;
  readonly #entries = new Map<string, Entry>();
  readonly #columns = new Map<string, Column>(defaultStatuses.map((status) => [status, new Column(status)]));
  #listed: readonly TaskColumn[] = [...this.#columns.values()];
  #seen = Number.NaN;
  #project: string | null = null;
  #search = '';
  #version = 0;
  /** Number of columns for statuses that only their publisher understands. */
  #otherCount = 0;

  constructor(view: Pick<LiveView, 'sections' | 'version' | 'dropped'>) {
    this.#view = view;
  }

  get columns(): readonly TaskColumn[] {
    return this.#listed;
  }

  column(status: (typeof defaultStatuses)[number]): TaskColumn {
    return this.#columnOf(status);
  }

  /** Number of held tasks that pass the filter. */
  get size(): number {
    return this.#listed.reduce((sum, column) => sum + column.entries.length, 0);
  }

  /** Number of tasks that pass the filter, including those not held by this page. */
  get total(): number {
    return this.#listed.reduce((sum, column) => sum + column.total, 0);
  }

  filter(project: string | null, search: string): void {
    const wanted = search.trim().toLowerCase();
    if (project === this.#project && wanted === this.#search) return;
    this.#project = project;
    this.#search = wanted;
    this.#seen = Number.NaN;
    this.#entries.clear();
    for (const column of this.#columns.values()) {
      column.entries = [];
      column.uncertain = 0;
      column.version++;
    }
  }

  /** Updates the columns. Returns a version that changes whenever their content does. */
  sync(): number {
    const version = this.#view.version('tasks');
    if (version === this.#seen) return this.#version;
    this.#seen = version;
    this.#version++;
    const { tasks } = this.#view.sections;
    const added = new Map<Column, Entry[]>();
    const removed = new Map<Column, Set<Entry>>();
    for (const [id, task] of tasks) {
      const entry = this.#entries.get(id);
      if (entry === undefined) this.#add(new Entry(task), added);
      else if (entry.task !== task) this.#change(entry, task, added, removed);
    }
    if (this.#entries.size > tasks.size) this.#removeMissing(tasks, removed);
    for (const [column, entries] of removed) column.remove(entries);
    for (const [column, entries] of added) column.insert(entries);
    this.#countDropped();
    return this.#version;
  }

  #add(entry: Entry, added: Map<Column, Entry[]>): void {
    const { task } = entry;
    this.#entries.set(task.id, entry);
    if (!taskMatches(task, this.#project, this.#search)) return;
    const column = this.#columnOf(task.status ?? '');
    entry.column = column;
    entry.rank = column.rankOf(task);
    const others = added.get(column);
    if (others === undefined) added.set(column, [entry]);
    else others.push(entry);
  }

  #change(entry: Entry, task: TaskEntity, added: Map<Column, Entry[]>, removed: Map<Column, Set<Entry>>): void {
    const { column } = entry;
    const isSame = entry.task.status === task.status && isUncertain(task) === entry.isUncertain;
    if (column !== null && isSame && taskMatches(task, this.#project, this.#search)) {
      entry.task = task;
      column.version++;
      return;
    }
    if (column !== null) markRemoved(entry, column, removed);
    this.#add(new Entry(task), added);
  }

  /** Adds the counts of tasks not held by this page, except during a search, which covers held tasks only. */
  #countDropped(): void {
    const dropped = this.#search === '' ? this.#view.dropped('tasks', this.#project) : new Map<string, number>();
    const counts = new Map<Column, number>();
    for (const [status, dropCount] of dropped) {
      if (dropCount <= 0) continue;
      const column = this.#columnOf(status);
      counts.set(column, (counts.get(column) ?? 0) + dropCount);
    }
    for (const column of this.#columns.values()) {
      const count = counts.get(column) ?? 0;
      if (count === column.dropped) continue;
      column.dropped = count;
      column.version++;
    }
  }

  #removeMissing(tasks: ReadonlyMap<string, TaskEntity>, removed: Map<Column, Set<Entry>>): void {
    for (const [id, entry] of this.#entries) {
      if (tasks.has(id)) continue;
      this.#entries.delete(id);
      if (entry.column !== null) markRemoved(entry, entry.column, removed);
    }
  }

  #columnOf(status: string): Column {
    let column = this.#columns.get(status);
    if (column === undefined && statusKind(status) === 'other' && status !== mixedStatus) {
      if (this.#otherCount >= otherLimit) return this.#columnOf(mixedStatus);
      this.#otherCount++;
    }
    if (column === undefined) {
      column = new Column(status);
      this.#columns.set(status, column);
      const others = [...this.#columns.values()].filter(({ status: name }) => !defaultStatuses.some((status) => status === name));
      const known = defaultStatuses.flatMap((name) => this.#columns.get(name) ?? []);
      this.#listed = [...known, ...others];
    }
    return column;
  }
}

function markRemoved(entry: Entry, column: Column, removed: Map<Column, Set<Entry>>): void {
  const others = removed.get(column);
  if (others === undefined) removed.set(column, new Set([entry]));
  else others.add(entry);
}
