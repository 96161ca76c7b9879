import { hasEnded, isUncertain } from '../../../components/status-kind';
import type { LiveView } from '../../../state/live-view';
import type { TaskEntity } from '../../../types/messages';
import { statusSince, taskMatches } from '../task/task-facts';

/** A task's place on the board. The same object for as long as the task is in its column; `task` is always its newest entity. */
export interface TaskPlace {
  readonly task: TaskEntity;
}

/** The tasks of one status that the filter lets through, in order; changed in place, and then `version` is another. */
export interface TaskColumn {
  readonly status: string;
  readonly places: readonly TaskPlace[];
  /** How many tasks of the status there are, with those that are not held here; of a search, how many it found. */
  readonly total: number;
  /** How many of them were last heard of before a gap: they come last. */
  readonly uncertain: number;
  readonly version: number;
}

class Place implements TaskPlace {
  /** Of the order within the column: set when the task comes into it, so that nothing moves for a step of progress. */
  rank = 0;
  column: Column | null = null;

  /** Whether the task was so when it came to this place; when that changes it gets another place. */
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

  /** Puts them where they belong: one by one, or all at once where that is less work. */
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

  /** Where it is, or would be. */
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

/** The columns that a board always has. */
const usual = ['queued', 'running', 'completed', 'failed'] as const;

/**
 * The tasks of a view by status. `sync` takes over what changed with one look at each task, and touches only those whose entity is another one; what waits
 * or runs stands in the order in which it began to, what has ended with the newest first, and what is uncertain last. A status that is not usual gets a column of its own, which stays.
 */
export class TaskColumns {
  readonly #view: Pick<LiveView, 'sections' | 'version' | 'dropped'>;
  readonly #places = new Map<string, Place>();
  readonly #columns = new Map<string, Column>(usual.map((status) => [status, new Column(status)]));
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

  column(status: (typeof usual)[number]): TaskColumn {
    return this.#columnOf(status);
  }

  /** How many tasks the filter lets through. */
  get size(): number {
    return this.#listed.reduce((sum, column) => sum + column.places.length, 0);
  }

  /** How many tasks of the filter there are, with those that are not held here. */
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

  /** Brings the columns up to date. The answer is another one whenever something in them is. */
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
    if (this.#places.size > tasks.size) this.#forget(tasks, departures);
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

  /** A search looks at what is held here alone. */
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

  #forget(tasks: ReadonlyMap<string, TaskEntity>, departures: Map<Column, Set<Place>>): void {
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
      const others = [...this.#columns.values()].filter(({ status: name }) => !usual.some((word) => word === name));
      const known = usual.flatMap((name) => this.#columns.get(name) ?? []);
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
