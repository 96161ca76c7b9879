import type { ReductionInput } from './reduction-input';
import { type Entity, type EntityTable, isTerminal } from './entity-table';
import { parseTime } from './rfc3339';

/** How an event stands to what an entity has seen. */
type Order = 'older' | 'same' | 'newer' | 'unknown';

/** The status that an event gives, or means where the entity has none. Empty: none. */
export interface Meaning {
  readonly status?: string;
  readonly ifNone?: string;
  /** It only reports on work under way, and can never bring back what is over. */
  readonly isProgress?: boolean;
}

/** An entity about to be changed: a copy, which takes the place of the one it was made from in `end`. */
export interface Draft<E extends Entity> {
  readonly key: string;
  readonly entity: E;
  /** Whether it got another status. */
  readonly changed: boolean;
}

/** What an attempt came to is not true of the next one. */
const ofAttempt = ['progress', 'result', 'error', 'execution_time', 'started', 'ended'] as const;

/**
 * By number within one source, else by the publishers' times. A smaller number with a newer time is newer: the publisher counts anew. Above 2^53 two numbers
 * may be one here; then the times decide.
 */
function orderOf(entity: Entity, { timeMs, source, seq }: ReductionInput): Order {
  const seenMs = entity.undated === true ? null : parseTime(entity.timestamp);
  const isDated = seenMs !== null && timeMs !== null;
  if (
    seq >= 0 &&
    entity.seq !== undefined &&
    source !== '' &&
    source === entity.source &&
    (seq !== entity.seq || Number.isSafeInteger(seq))
  )
    return seq > entity.seq || (seq < entity.seq && isDated && timeMs > seenMs) ? 'newer' : 'older';
  if (!isDated) return 'unknown';
  return timeMs === seenMs ? 'same' : timeMs > seenMs ? 'newer' : 'older';
}

/** Whether the event came too late for the entity. */
export function isStale(entity: Entity, input: ReductionInput, { status = '', isProgress = false }: Meaning = {}): boolean {
  const order = orderOf(entity, input);
  if (order === 'older') return true;
  return isTerminal(entity.status) && !isTerminal(status) && (isProgress || (status !== '' && order === 'same'));
}

/** A copy of the entity of that key, or a new one, with its owners and status set; `null`: the event came too late to change anything. */
export function beginUpdate<E extends Entity>(
  table: EntityTable<E>,
  key: string,
  id: string,
  input: ReductionInput,
  meaning: Meaning = {},
): Draft<E> | null {
  const known = table.get(key);
  if (known && isStale(known, input, meaning)) return null;
  // A new entity has nothing but what all sections require, and what they require beside that is optional.
  const entity = known ? { ...known } : ({ id, timestamp: input.timestamp, received: input.received } as E);
  if (!known && input.timeMs === null) entity.undated = true;
  const status = (meaning.status ?? '') || (entity.status === undefined ? (meaning.ifNone ?? '') : '');
  const changed = status !== '' && status !== entity.status;
  if (changed) setStatus(entity, status);
  return { key, entity, changed };
}

/** What the event belongs to. A project's own id is not repeated, nor an execution's. */
export function setOwners(entity: Entity, { projectId, executionId }: ReductionInput, own?: 'project' | 'execution'): void {
  if (projectId !== '' && own !== 'project') entity.project_id = projectId;
  if (executionId !== '' && own !== 'execution') entity.execution_id = executionId;
}

/** Notes when the entity was changed, and by whom, and puts it in its place. */
export function commitUpdate<E extends Entity>(
  table: EntityTable<E>,
  { key, entity }: Draft<E>,
  { timestamp, timeMs, received, source, seq }: ReductionInput,
): void {
  const seenMs = entity.undated === true ? null : parseTime(entity.timestamp);
  if (timeMs !== null && (seenMs === null || timeMs >= seenMs)) {
    entity.timestamp = timestamp;
    delete entity.undated;
  } else if (seenMs === null) entity.timestamp = timestamp;
  delete entity.uncertain;
  entity.received = received;
  if (source === '') delete entity.source;
  else entity.source = source;
  if (seq < 0) delete entity.seq;
  else entity.seq = seq;
  table.put(key, entity);
}

function setStatus(entity: Entity, status: string): void {
  if (isTerminal(entity.status) && !isTerminal(status)) {
    for (const member of ofAttempt) Reflect.deleteProperty(entity, member);
  }
  entity.status = status;
}
