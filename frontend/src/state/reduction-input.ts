import type { CeceliaEvent } from '../types/messages';
import type { OtherEvent } from '../services/relay-connection';
import { parseTime } from './rfc3339';
import { firstId, idOf } from './wire-text';

type AnyEvent = CeceliaEvent | OtherEvent;

/** The ids of an event, each empty where there is none. */
export interface EventIds {
  readonly projectId: string;
  readonly executionId: string;
  readonly taskId: string;
  readonly nodeId: string;
  readonly agentId: string;
  /** The nodes that a `node:parallel_start` starts, beside `nodeId`. */
  readonly startedIds: readonly string[];
}

/** An event as the reductions need it. */
export interface ReductionInput extends EventIds {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly timestamp: string;
  /** The timestamp in Unix milliseconds; `null`: the publisher gave none, or it cannot be read. */
  readonly timeMs: number | null;
  /** When it came here, by the relay's clock. */
  readonly received: string;
  readonly source: string;
  /** -1: not event. */
  readonly seq: number;
}

/** Most elements of one list of nodes that are read. */
const maxStarted = 256;
/** Events whose `data.id` is the id of a task, and of an agent. */
const taskNames: ReadonlySet<string> = new Set(['task_created', 'task_updated', 'task_deleted', 'task_status_changed']);
const agentNames: ReadonlySet<string> = new Set(['agent_spawned', 'agent_status_update']);

/**
 * Reads an event. `execution` is what an event belongs to that names no execution: that of a connection which is filtered by one.
 *
 * The subprotocol has the envelope's `source` and `seq`, and says whether the publisher gave a time. Without it an event counts as one of no source and no
 * number, and its timestamp as the publisher's.
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
 * The ids of an event. The subprotocol has those that the relay used, as text; what stands in the data is not looked at, since a number above 2^53 is another
 * one after `JSON.parse`. Without the subprotocol they are read from the data as the relay reads them, and such a number is not an id.
 */
export function eventIds(event: AnyEvent): EventIds {
  if (isRich(event)) {
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

/** The project of an event; empty where there is none. */
export function projectOf(event: AnyEvent): string {
  const data: Readonly<Record<string, unknown>> = event.data;
  return isRich(event) ? idOf(event.project_id) : idOf(event.project_id) || keyOf(data.project_id, data.projectId);
}

/** Whether it came by the subprotocol, where every event has its position. */
function isRich(event: AnyEvent): boolean {
  return event.id !== undefined;
}

/** Of two spellings the first one counts if it is there at all, even where it is no id. */
function keyOf(first: unknown, second: unknown): string {
  return idOf(first === undefined ? second : first);
}

/** The nodes of a list, each an id or an object that has one. */
function startedIds(list: unknown): string[] {
  if (!Array.isArray(list)) return [];
  return (list as readonly unknown[]).slice(0, maxStarted).flatMap((one) => {
    const { node_id, nodeId, id }: { node_id?: unknown; nodeId?: unknown; id?: unknown } =
      typeof one === 'object' && one !== null ? one : { id: one };
    return firstId(node_id, nodeId, id) || [];
  });
}
