import type { Timestamp } from '../types/messages';

/** The common members of the entities of all sections. */
export interface Entity {
  id: string;
  project_id?: string;
  execution_id?: string;
  status?: string;
  timestamp: Timestamp;
  undated?: boolean;
  received: Timestamp;
  source?: string;
  seq?: number;
  truncated?: boolean;
  uncertain?: boolean;
}

/** The statuses after which nothing more is expected, unless the work is started again. */
const terminal: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled', 'canceled', 'skipped', 'done']);

export function isTerminal(status: string | undefined): boolean {
  return status !== undefined && terminal.has(status);
}

/** The statuses of running work; publishers use several. */
const running: ReadonlySet<string> = new Set(['running', 'started', 'active', 'working', 'resumed', 'in_progress']);

export function isRunning(status: string | undefined): boolean {
  return status !== undefined && running.has(status);
}

/** An entity of a table, with the time by which it is ordered. */
export type Row<E> = readonly [key: string, entity: E, time?: number | undefined];

/** Maximum number of evicted entities whose keys are remembered, so that none is counted twice. */
const droppedLimit = 200_000;

/**
 * The entities of one section, in the order in which they were first added, bounded by a limit: ended entities are evicted first, the least recently changed
 * before the others, then the active ones. Every operation but `replace` and `forgetNumbers` takes constant time.
 */
export class EntityTable<E extends Entity> {
  readonly byKey = new Map<string, E>();
  /** Incremented by every change. */
  version = 0;
  /** Number of evicted entities. */
  evicted = 0;
  // The evicted entities since the last `replace`: status and project by key, and the number of each combination.
  readonly #dropped = new Map<string, string>();
  readonly #droppedCounts = new Map<string, number>();
  // Sets keep the order of insertion: the first of each is the least recently changed one.
  readonly #ended = new Set<string>();
  readonly #active = new Set<string>();
  /** Active entities that are not uncertain. */
  readonly #certain = new Set<string>();

  /** `onPut` is called with each entity that an event has changed. */
  constructor(
    readonly limit: number,
    readonly onPut: (entity: E) => void = () => undefined,
  ) {}

  get(key: string): E | undefined {
    return this.byKey.get(key);
  }

  /** Number of evicted entities of a project, or of all, by status. */
  dropped(project: string | null): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const [kind, count] of this.#droppedCounts) {
      const [status = '', of = ''] = kind.split('\u0000', 2);
      if (project === null || of === project) counts.set(status, (counts.get(status) ?? 0) + count);
    }
    return counts;
  }

  /** Number of active entities that are uncertain. */
  get uncertain(): number {
    return this.#active.size - this.#certain.size;
  }

  put(key: string, entity: E): void {
    this.#count(key, undefined);
    this.byKey.set(key, entity);
    const hasEnded = isTerminal(entity.status);
    this.#ended.delete(key);
    this.#active.delete(key);
    (hasEnded ? this.#ended : this.#active).add(key);
    if (hasEnded) this.#certain.delete(key);
    else this.#certain.add(key);
    this.version++;
    this.onPut(entity);
    if (this.byKey.size > this.limit) this.#evict();
  }

  /**
   * Removes `seq` from the entities whose last event is of that source, because the source has restarted its numbering; `undefined`: from all, because the
   * source is hidden. Their order stays.
   */
  forgetNumbers(source: string | undefined): void {
    let changed = false;
    for (const [key, entity] of this.byKey) {
      if (entity.seq === undefined || (source !== undefined && entity.source !== source)) continue;
      const unnumbered = { ...entity };
      delete unnumbered.seq;
      this.byKey.set(key, unnumbered);
      changed = true;
    }
    if (changed) this.version++;
  }

  remove(key: string): void {
    this.#count(key, undefined);
    this.#ended.delete(key);
    this.#active.delete(key);
    this.#certain.delete(key);
    if (this.byKey.delete(key)) this.version++;
  }

  /** Marks every entity that has not ended as uncertain until its next change, because events may be missing. Linear in the number of certain entities. */
  markUncertain(): void {
    if (this.#certain.size === 0) return;
    for (const key of this.#certain) {
      const entity = this.byKey.get(key);
      if (entity) this.byKey.set(key, { ...entity, uncertain: true });
    }
    this.#certain.clear();
    this.version++;
  }

  /** Replaces all entities. The table is ordered by their times; without them, as the argument. */
  replace(entities: readonly Row<E>[]): void {
    this.byKey.clear();
    this.#ended.clear();
    this.#active.clear();
    this.#certain.clear();
    this.#dropped.clear();
    this.#droppedCounts.clear();
    const kept = this.#withinLimit(entities);
    for (const [key, entity] of [...kept].sort(([, , a = 0], [, , b = 0]) => a - b)) this.byKey.set(key, entity);
    // In the order of the argument: a snapshot has the least recently changed entities first.
    for (const [key, entity] of kept) {
      const hasEnded = isTerminal(entity.status);
      (hasEnded ? this.#ended : this.#active).add(key);
      if (!hasEnded && entity.uncertain !== true) this.#certain.add(key);
    }
    this.version++;
  }

  /** The entities that fit into the limit, in the same order. The first ended ones are left out, then the first of the others. */
  #withinLimit(entities: readonly Row<E>[]): readonly Row<E>[] {
    let tooMany = entities.length - this.limit;
    let kept = entities;
    for (const onlyEnded of [true, false]) {
      if (tooMany <= 0) break;
      kept = kept.filter(([key, entity]) => {
        if (tooMany <= 0 || (onlyEnded && !isTerminal(entity.status))) return true;
        tooMany--;
        this.evicted++;
        this.#count(key, entity);
        return false;
      });
    }
    return kept;
  }

  /** Counts an entity as evicted; `undefined`: it no longer is. */
  #count(key: string, entity: E | undefined): void {
    if (entity === undefined && this.#dropped.size === 0) return;
    const before = this.#dropped.get(key);
    if (before !== undefined) {
      this.#dropped.delete(key);
      this.#droppedCounts.set(before, (this.#droppedCounts.get(before) ?? 1) - 1);
    }
    if (entity === undefined) return;
    const kind = `${entity.status ?? ''}\u0000${entity.project_id ?? ''}`;
    this.#droppedCounts.set(kind, (this.#droppedCounts.get(kind) ?? 0) + 1);
    if (this.#dropped.size < droppedLimit) this.#dropped.set(key, kind);
  }

  #evict(): void {
    const oldest = this.#ended.values().next().value ?? this.#active.values().next().value;
    if (oldest === undefined) return;
    const entity = this.byKey.get(oldest);
    this.remove(oldest);
    this.evicted++;
    this.#count(oldest, entity);
  }
}
