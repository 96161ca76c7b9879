import type { ReductionInput } from './reduction-input';
import { type Entity, type EntityTable, isTerminal } from './entity-table';
import { parseTime } from './rfc3339';

/** The order of an event relative to the last event of an entity. */
type Order = 'older' | 'same' | 'newer' | 'unknown';

/** What an event says about the status of an entity. Empty: nothing. */
export interface StatusChange {
  readonly status?: string;
  /** The status for an entity that has none. */
  readonly ifNone?: string;
  /** It reports progress only, and so never reopens an entity that has ended. */
  readonly isProgress?: boolean;
}

/** An entity that is being changed: a copy, which `commitUpdate` puts in the place of the original. */
export interface Draft<E extends Entity> {
  readonly key: string;
  readonly entity: E;
  /** Whether its status has changed. */
  readonly changed: boolean;
}

/** Members that belong to one attempt, and are removed when the next one starts. */
const attemptMembers = ['progress', 'result', 'error', 'execution_time', 'started', 'ended'] as const;

/**
 * Compares by number within one source, else by the publishers' times. A smaller number with a newer time is newer: the publisher has restarted its numbering.
 * Above 2^53 two numbers may be equal here; then the times decide. Example, after seq 7 at 08:30:00: seq 8 is newer; seq 5 at 08:30:01 is newer; seq 5 at
 * 08:29:59 is older.
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

/** Whether the event is too old to change the entity. */
export function isStale(entity: Entity, input: ReductionInput, { status = '', isProgress = false }: StatusChange = {}): boolean {
  const order = orderOf(entity, input);
  if (order === 'older') return true;
  return isTerminal(entity.status) && !isTerminal(status) && (isProgress || (status !== '' && order === 'same'));
}

/** A draft of the entity with that key, or of a new one, with its status set; `null`: the event is too old to change it. */
export function beginUpdate<E extends Entity>(
  table: EntityTable<E>,
  key: string,
  id: string,
  input: ReductionInput,
  statusChange: StatusChange = {},
): Draft<E> | null {
  const known = table.get(key);
  if (known && isStale(known, input, statusChange)) return null;
  // A new entity has only the members that all sections require; the others are optional.
  const entity = known ? { ...known } : ({ id, timestamp: input.timestamp, received: input.received } as E);
  if (!known && input.timeMs === null) entity.undated = true;
  const status = (statusChange.status ?? '') || (entity.status === undefined ? (statusChange.ifNone ?? '') : '');
  const changed = status !== '' && status !== entity.status;
  if (changed) setStatus(entity, status);
  return { key, entity, changed };
}

/** Sets the project and the execution of the entity. The id of a project or an execution itself is not repeated. */
export function setOwners(entity: Entity, { projectId, executionId }: ReductionInput, own?: 'project' | 'execution'): void {
  if (projectId !== '' && own !== 'project') entity.project_id = projectId;
  if (executionId !== '' && own !== 'execution') entity.execution_id = executionId;
}

/** Sets the time and the source of the change, and stores the entity. */
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
    for (const member of attemptMembers) Reflect.deleteProperty(entity, member);
  }
  entity.status = status;
}
