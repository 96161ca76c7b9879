import type { Timestamp } from '../types/messages';

/** What the entities of all sections have. */
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

/** What nothing more is to be expected of, unless it begins anew. */
const terminal: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled', 'canceled', 'skipped', 'done']);

export function isTerminal(status: string | undefined): boolean {
  return status !== undefined && terminal.has(status);
}

/** Most entities that are left out and still known by key, so that none is counted twice. */
const mostDropped = 200_000;

/**
 * The entities of one section, in the order in which they were first put, and bounded: past the limit those that have ended go first, the longest unchanged
 * before the others, then those under way. Every operation but `replace` costs the same however many there are.
 */
export class EntityTable<E extends Entity> {
  readonly byKey = new Map<string, E>();
  /** Counts the changes. */
  version = 0;
  /** Entities that the limit pushed out. */
  evicted = 0;
  // What the limit left out since the last `replace`: the entity's status and project by key, and how many there are of each.
  readonly #dropped = new Map<string, string>();
  readonly #droppedCounts = new Map<string, number>();
  // Sets keep the order of insertion: the first of each is the one that was left alone longest.
  readonly #ended = new Set<string>();
  readonly #underWay = new Set<string>();
  /** Those under way that are not uncertain. */
  readonly #certain = new Set<string>();

  constructor(readonly limit: number) {}

  get(key: string): E | undefined {
    return this.byKey.get(key);
  }

  /** How many entities of a project, or of all, the limit left out, by status. */
  dropped(project: string | null): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const [kind, count] of this.#droppedCounts) {
      const [status = '', of = ''] = kind.split('\u0000', 2);
      if (project === null || of === project) counts.set(status, (counts.get(status) ?? 0) + count);
    }
    return counts;
  }

  put(key: string, entity: E): void {
    this.#count(key, undefined);
    this.byKey.set(key, entity);
    const isOver = isTerminal(entity.status);
    this.#ended.delete(key);
    this.#underWay.delete(key);
    (isOver ? this.#ended : this.#underWay).add(key);
    if (isOver) this.#certain.delete(key);
    else this.#certain.add(key);
    this.version++;
    if (this.byKey.size > this.limit) this.#evict();
  }

  /** Removes `seq` from the entities whose last event is of that source, which counts again. Their order stays. */
  forgetNumbers(source: string): void {
    let changed = false;
    for (const [key, entity] of this.byKey) {
      if (entity.seq === undefined || entity.source !== source) continue;
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
    this.#underWay.delete(key);
    this.#certain.delete(key);
    if (this.byKey.delete(key)) this.version++;
  }

  /** Something may be missing here: whatever has not ended is uncertain until its next change. Costs as much as was certain. */
  markUncertain(): void {
    if (this.#certain.size === 0) return;
    for (const key of this.#certain) {
      const entity = this.byKey.get(key);
      if (entity) this.byKey.set(key, { ...entity, uncertain: true });
    }
    this.#certain.clear();
    this.version++;
  }

  /** Takes over other entities in place of all that there are. `order` is how they are to stand; without it, as they come. */
  replace(entities: readonly (readonly [key: string, entity: E])[], order?: (a: E, b: E) => number): void {
    this.byKey.clear();
    this.#ended.clear();
    this.#underWay.clear();
    this.#certain.clear();
    this.#dropped.clear();
    this.#droppedCounts.clear();
    const held = this.#withinLimit(entities);
    const ordered = order ? [...held].sort(([, a], [, b]) => order(a, b)) : held;
    for (const [key, entity] of ordered) this.byKey.set(key, entity);
    // As they come: a snapshot has those first that were left alone longest.
    for (const [key, entity] of held) {
      const isOver = isTerminal(entity.status);
      (isOver ? this.#ended : this.#underWay).add(key);
      if (!isOver && entity.uncertain !== true) this.#certain.add(key);
    }
    this.version++;
  }

  /** Those that are held, in the same order: without the first that have ended, then the first of the others. */
  #withinLimit(entities: readonly (readonly [key: string, entity: E])[]): readonly (readonly [key: string, entity: E])[] {
    let tooMany = entities.length - this.limit;
    let held = entities;
    for (const hasToBeEnded of [true, false]) {
      if (tooMany <= 0) break;
      held = held.filter(([key, entity]) => {
        if (tooMany <= 0 || (hasToBeEnded && !isTerminal(entity.status))) return true;
        tooMany--;
        this.evicted++;
        this.#count(key, entity);
        return false;
      });
    }
    return held;
  }

  /** Counts an entity as left out, or `undefined`: as one that is not, any more. */
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
    if (this.#dropped.size < mostDropped) this.#dropped.set(key, kind);
  }

  #evict(): void {
    const oldest = this.#ended.values().next().value ?? this.#underWay.values().next().value;
    if (oldest === undefined) return;
    const entity = this.byKey.get(oldest);
    this.remove(oldest);
    this.evicted++;
    this.#count(oldest, entity);
  }
}
