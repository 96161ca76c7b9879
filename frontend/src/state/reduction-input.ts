import type { CeceliaEvent } from '../types/messages';
import type { OtherEvent } from '../services/relay-connection';
import { parseTime } from './rfc3339';
import { firstId, idOf } from './wire-text';

type AnyEvent = CeceliaEvent | OtherEvent;

/** The ids of an event; an empty string where it has none. */
export interface EventIds {
  readonly projectId: string;
  readonly executionId: string;
  readonly taskId: string;
  readonly nodeId: string;
  readonly agentId: string;
  /** The nodes that a `node:parallel_start` starts, in addition to `nodeId`. */
  readonly startedIds: readonly string[];
}

/** An event in the form that the reductions use. */
export interface ReductionInput extends EventIds {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly timestamp: string;
  /** The timestamp in Unix milliseconds; `null`: the publisher gave none, or it is not valid. */
  readonly timeMs: number | null;
  /** When it was received here, by the relay's clock. */
  readonly received: string;
  readonly source: string;
  /** -1: none. */
  readonly seq: number;
}

/** Maximum number of elements that are read from one list of nodes. */
const maxStarted = 256;
/** Events whose `data.id` is the id of a task, or of an agent. */
const taskNames: ReadonlySet<string> = new Set(['task_created', 'task_updated', 'task_deleted', 'task_status_changed']);
const agentNames: ReadonlySet<string> = new Set(['agent_spawned', 'agent_status_update']);

/**
 * Converts an event. `execution` is the execution of events that name none: that of a connection that is filtered by one.
 *
 * The subprotocol has `source` and `seq` of the envelope, and says whether the publisher gave a time. Without it an event has neither source nor number, and
 * its timestamp counts as the publisher's.
 */
export function toReductionInput(event: AnyEvent, received: string, execution = ''): ReductionInput {
  const ids = eventIds(event);
  return {
    name: event.event,
    data: event.data,
    timestamp: event.timestamp,
    timeMs: event.undated === true ? null : parseTime(event.timestamp),
    received,
    ...ids,
    executionId: ids.executionId || execution,
    source: event.source ?? '',
    seq: event.seq ?? -1,
  };
}

/**
 * The ids of an event. With the subprotocol they are the ids that the relay used, as text; the data is ignored, since `JSON.parse` changes numbers above 2^53.
 * Without the subprotocol they are parsed from the data as the relay does it, and such a number is not an id.
 */
export function eventIds(event: AnyEvent): EventIds {
  if (isOfSubprotocol(event)) {
    return {
      projectId: idOf(event.project_id),
      executionId: event.execution_id ?? '',
      taskId: event.task_id ?? '',
      nodeId: event.node_id ?? '',
      agentId: event.agent_id ?? '',
      startedIds: event.node_ids ?? [],
    };
  }
  const name: string = event.event;
  const data: Readonly<Record<string, unknown>> = event.data;
  return {
    projectId: projectOf(event),
    executionId: idOf(event.execution_id) || keyOf(data.execution_id, data.executionId),
    taskId: keyOf(data.taskId, data.task_id) || (taskNames.has(name) ? idOf(data.id) : ''),
    nodeId: firstId(event.node_id, data.node_id, data.nodeId),
    agentId: firstId(data.agent_id, data.agentId, agentNames.has(name) ? data.id : undefined),
    startedIds: name === 'node:parallel_start' ? [data.node_ids, data.nodes, data.branches].flatMap(startedIds) : [],
  };
}

/** The project of an event; an empty string if it has none. */
export function projectOf(event: AnyEvent): string {
  const data: Readonly<Record<string, unknown>> = event.data;
  return isOfSubprotocol(event) ? idOf(event.project_id) : idOf(event.project_id) || keyOf(data.project_id, data.projectId);
}

/** Whether the event was received with the subprotocol, where every event has a position. */
function isOfSubprotocol(event: AnyEvent): boolean {
  return event.id !== undefined;
}

/** Of two spellings the first one is used if it is present, even if it is not an id. */
function keyOf(first: unknown, second: unknown): string {
  return idOf(first === undefined ? second : first);
}

/** The nodes of a list, each an id or an object with an id. */
function startedIds(list: unknown): string[] {
  if (!Array.isArray(list)) return [];
  return (list as readonly unknown[]).slice(0, maxStarted).flatMap((one) => {
    const { node_id, nodeId, id }: { node_id?: unknown; nodeId?: unknown; id?: unknown } =
      typeof one === 'object' && one !== null ? one : { id: one };
    return firstId(node_id, nodeId, id) || [];
  });
}
