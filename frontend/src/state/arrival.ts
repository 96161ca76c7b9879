import type { CeceliaEvent } from '../types/messages';
import type { OtherEvent } from '../services/relay-connection';
import { parseTime } from './rfc3339';
import { firstId, idOf } from './wire-text';

/** An event as the reductions need it. An id is empty where there is none. */
export interface Arrival {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly timestamp: string;
  /** The timestamp in Unix milliseconds; `null`: the publisher gave none, or it cannot be read. */
  readonly timeMs: number | null;
  /** When it came here, by the relay's clock. */
  readonly received: string;
  readonly projectId: string;
  readonly executionId: string;
  readonly taskId: string;
  readonly nodeId: string;
  readonly source: string;
  /** -1: not event. */
  readonly seq: number;
}

/**
 * Reads an event. `execution` is what an event belongs to that names no execution: that of a connection which is filtered by one.
 *
 * The subprotocol has the envelope's `execution_id`, `source` and `seq`, and says whether the publisher gave a time. Without it an event counts as one of no
 * source, no number and no execution but that of its data, and its timestamp as the publisher's.
 */
export function arrivalOf(event: CeceliaEvent | OtherEvent, received: string, execution = ''): Arrival {
  const data: Readonly<Record<string, unknown>> = event.data;
  return {
    name: event.event,
    data,
    timestamp: event.timestamp,
    timeMs: event.undated === true ? null : parseTime(event.timestamp),
    received,
    projectId: idOf(event.project_id) || keyOf(data.project_id, data.projectId),
    executionId: idOf(event.execution_id) || keyOf(data.execution_id, data.executionId) || execution,
    taskId: keyOf(data.taskId, data.task_id),
    nodeId: firstId(event.node_id, data.node_id, data.nodeId),
    source: event.source ?? '',
    seq: event.seq ?? -1,
  };
}

/** Of two spellings the first one counts if it is there at all, even where it is no id. */
function keyOf(first: unknown, second: unknown): string {
  return idOf(first === undefined ? second : first);
}
