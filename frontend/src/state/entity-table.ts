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
}

/** What nothing more is to be expected of, unless it begins anew. */
const terminal: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled', 'canceled', 'skipped', 'done']);

export function isTerminal(status: string | undefined): boolean {
  return status !== undefined && terminal.has(status);
}

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
  // Sets keep the order of insertion: the first of each is the one that was left alone longest.
  readonly #ended = new Set<string>();
  readonly #underWay = new Set<string>();

  constructor(readonly limit: number) {}

  get(key: string): E | undefined {
    return this.byKey.get(key);
  }

  put(key: string, entity: E): void {
    this.byKey.set(key, entity);
    const isOver = isTerminal(entity.status);
    this.#ended.delete(key);
    this.#underWay.delete(key);
    (isOver ? this.#ended : this.#underWay).add(key);
    this.version++;
    if (this.byKey.size > this.limit) this.#evict();
  }

  remove(key: string): void {
    this.#ended.delete(key);
    this.#underWay.delete(key);
    if (this.byKey.delete(key)) this.version++;
  }

  /** Takes over other entities in place of all that there are. `order` is how they are to stand; without it, as they come. */
  replace(entities: readonly (readonly [key: string, entity: E])[], order?: (a: E, b: E) => number): void {
    this.byKey.clear();
    this.#ended.clear();
    this.#underWay.clear();
    const ordered = order ? [...entities].sort(([, a], [, b]) => order(a, b)) : entities;
    for (const [key, entity] of ordered) this.byKey.set(key, entity);
    // As they come: a snapshot has those first that were left alone longest.
    for (const [key, entity] of entities) (isTerminal(entity.status) ? this.#ended : this.#underWay).add(key);
    while (this.byKey.size > this.limit) this.#evict();
    this.version++;
  }

  #evict(): void {
    const oldest = this.#ended.values().next().value ?? this.#underWay.values().next().value;
    if (oldest === undefined) return;
    this.remove(oldest);
    this.evicted++;
  }
}
