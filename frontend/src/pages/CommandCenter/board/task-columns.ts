import { hasEnded, isUncertain } from '../../../format/status-kind';
import type { LiveView } from '../../../state/live-view';
import type { TaskEntity } from '../../../types/messages';
import { statusSince, taskMatches } from '../task/task-facts';

/** The slot of a task in a column. The object is stable while the task stays in the column; `task` is always its newest entity. */
export interface TaskPlace {
  readonly task: TaskEntity;
}

/** The tasks of one status that pass the filter, in order. Mutated in place; `version` changes with the content. */
export interface TaskColumn {
  readonly status: string;
  readonly places: readonly TaskPlace[];
  /** Number of tasks with the status, including those not held by this page. During a search, the number of matches. */
  readonly total: number;
  /** Number of uncertain tasks (last updated before a gap). They are last in the order. */
  readonly uncertain: number;
  readonly version: number;
}

class Place implements TaskPlace {
  /** Sort key within the column. Set when the task enters the column, so that progress events do not reorder it. */
  rank = 0;
  column: Column | null = null;

  /** Whether the task was uncertain when the slot was created. A change creates a new slot. */
  readonly isUncertain: boolean;

  constructor(public task: TaskEntity) {
    this.isUncertain = isUncertain(task);
  }
}

class Column implements TaskColumn {
  places: Place[] = [];
  uncertain = 0;
  version = 0;
  dropped = 0;
  readonly #newestFirst: boolean;

  constructor(readonly status: string) {
    this.#newestFirst = hasEnded(status);
  }

  get total(): number {
    return this.places.length + this.dropped;
  }

  rankOf(task: TaskEntity): number {
    return this.#newestFirst ? -statusSince(task) : statusSince(task);
  }

  /** Inserts slots in order: one by one, or for many of them by sorting the column once. */
  insert(arrivals: Place[]): void {
    this.version++;
    this.uncertain += countUncertain(arrivals);
    if (arrivals.length > 32) {
      this.places = this.places.concat(arrivals).sort(inOrder);
      return;
    }
    for (const place of arrivals) this.places.splice(this.#indexOf(place), 0, place);
  }

  remove(departures: ReadonlySet<Place>): void {
    this.version++;
    this.uncertain -= countUncertain(departures);
    if (departures.size > 32) {
      this.places = this.places.filter((place) => !departures.has(place));
      return;
    }
    for (const place of departures) {
      const index = this.#indexOf(place);
      if (this.places[index] === place) this.places.splice(index, 1);
    }
  }

  /** Binary search for the index of a slot, or for its insertion point. */
  #indexOf(place: Place): number {
    let [from, to] = [0, this.places.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      const there = this.places[middle];
      if (there !== undefined && inOrder(there, place) < 0) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

function countUncertain(places: Iterable<Place>): number {
  let count = 0;
  for (const place of places) if (place.isUncertain) count++;
  return count;
}

function inOrder(a: Place, b: Place): number {
  if (a.isUncertain !== b.isUncertain) return a.isUncertain ? 1 : -1;
  if (a.rank !== b.rank) return a.rank - b.rank;
  return a.task.id < b.task.id ? -1 : a.task.id > b.task.id ? 1 : 0;
}

/** Columns that are always present. */
const defaultStatuses = ['queued', 'running', 'completed', 'failed'] as const;

/**
 * The tasks of a view grouped by status. `sync` visits each task once and updates only those whose entity was replaced. Waiting and running tasks are ordered by
 * the time at which they entered the status, finished tasks newest first, and uncertain tasks last. Any other status gets a column of its own, which then stays.
 */
export class TaskColumns {
  readonly #view: Pick<LiveView, 'sections' | 'version' | 'dropped'>;
  readonly #places = new Map<string, Place>();
  readonly #columns = new Map<string, Column>(defaultStatuses.map((status) => [status, new Column(status)]));
  #listed: readonly TaskColumn[] = [...this.#columns.values()];
  #seen = Number.NaN;
  #project: string | null = null;
  #search = '';
  #version = 0;

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
    return this.#listed.reduce((sum, column) => sum + column.places.length, 0);
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
    this.#places.clear();
    for (const column of this.#columns.values()) {
      column.places = [];
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
    const arrivals = new Map<Column, Place[]>();
    const departures = new Map<Column, Set<Place>>();
    for (const [id, task] of tasks) {
      const place = this.#places.get(id);
      if (place === undefined) this.#place(new Place(task), arrivals);
      else if (place.task !== task) this.#change(place, task, arrivals, departures);
    }
    if (this.#places.size > tasks.size) this.#removeMissing(tasks, departures);
    for (const [column, places] of departures) column.remove(places);
    for (const [column, places] of arrivals) column.insert(places);
    this.#countDropped();
    return this.#version;
  }

  #place(place: Place, arrivals: Map<Column, Place[]>): void {
    const { task } = place;
    this.#places.set(task.id, place);
    if (!taskMatches(task, this.#project, this.#search)) return;
    const column = this.#columnOf(task.status ?? '');
    place.column = column;
    place.rank = column.rankOf(task);
    const others = arrivals.get(column);
    if (others === undefined) arrivals.set(column, [place]);
    else others.push(place);
  }

  #change(place: Place, task: TaskEntity, arrivals: Map<Column, Place[]>, departures: Map<Column, Set<Place>>): void {
    const { column } = place;
    const isSame = column?.status === (task.status ?? '') && isUncertain(task) === place.isUncertain;
    if (column !== null && isSame && taskMatches(task, this.#project, this.#search)) {
      place.task = task;
      column.version++;
      return;
    }
    if (column !== null) depart(place, column, departures);
    this.#place(new Place(task), arrivals);
  }

  /** Adds the counts of tasks not held by this page, except during a search, which covers held tasks only. */
  #countDropped(): void {
    const dropped = this.#search === '' ? this.#view.dropped('tasks', this.#project) : new Map<string, number>();
    for (const [status, count] of dropped) if (count > 0) this.#columnOf(status);
    for (const column of this.#columns.values()) {
      const count = dropped.get(column.status) ?? 0;
      if (count === column.dropped) continue;
      column.dropped = count;
      column.version++;
    }
  }

  #removeMissing(tasks: ReadonlyMap<string, TaskEntity>, departures: Map<Column, Set<Place>>): void {
    for (const [id, place] of this.#places) {
      if (tasks.has(id)) continue;
      this.#places.delete(id);
      if (place.column !== null) depart(place, place.column, departures);
    }
  }

  #columnOf(status: string): Column {
    let column = this.#columns.get(status);
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

function depart(place: Place, column: Column, departures: Map<Column, Set<Place>>): void {
  const others = departures.get(column);
  if (others === undefined) departures.set(column, new Set([place]));
  else others.add(place);
}
