import type { NodeEntity } from '../types/messages';
import type { Arrival } from './arrival';
import { isTerminal } from './entity-table';
import { keep, merge } from './kept-values';
import { entityKey } from './live-view';
import type { NodeOrders, Step } from './node-orders';
import type { NodeTexts } from './node-texts';
import { begin, type Draft, end, setOwners } from './reduction';
import { statusOf } from './wire-text';

/** Publishers have several words for a node that is being worked on. */
const running: ReadonlySet<string> = new Set(['running', 'started', 'active', 'working', 'resumed', 'in_progress']);

interface NodeChange {
  /** Empty: the event gives none. */
  readonly status?: string;
  readonly step?: Step;
  /** The event is text of the node, so it has started even if nobody said so. */
  readonly streams?: boolean;
  readonly apply?: (draft: Draft<NodeEntity>) => void;
}

/** Events that name no node change none. */
export function reduceNodeState(orders: NodeOrders, arrival: Arrival): void {
  const status = statusOf(arrival.data.status) || statusOf(arrival.data.state);
  change(orders, arrival, arrival.nodeId, { status, apply: ({ entity }) => merge(entity, 'data', arrival.data) });
}

/** The node of the event, and those that its data names, are running. */
export function reduceParallelStart(orders: NodeOrders, arrival: Arrival): void {
  change(orders, arrival, arrival.nodeId, { status: 'running' });
  const step = { order: lowestOrder(orders, arrival) };
  for (const id of arrival.startedIds) change(orders, arrival, id, { status: 'running', step });
}

export function reduceNodeText(orders: NodeOrders, texts: NodeTexts, arrival: Arrival): void {
  const apply = ({ key, entity }: Draft<NodeEntity>) => texts.append(key, entity, pieceOf(arrival.data));
  change(orders, arrival, arrival.nodeId, { streams: true, apply });
}

export function reduceNodeUsage(orders: NodeOrders, arrival: Arrival): void {
  change(orders, arrival, arrival.nodeId, { apply: ({ entity }) => merge(entity, 'usage', arrival.data) });
}

export function reduceNodeError(orders: NodeOrders, arrival: Arrival): void {
  const { error, message } = arrival.data;
  const apply = ({ entity }: Draft<NodeEntity>) => keep(entity, 'error', error === undefined ? message : error);
  change(orders, arrival, arrival.nodeId, { status: 'failed', apply });
}

function change(
  orders: NodeOrders,
  arrival: Arrival,
  id: string,
  { status = '', step = { order: 0 }, streams = false, apply }: NodeChange,
): void {
  if (id === '') return;
  const draft = begin(orders.nodes, entityKey(arrival.executionId, id), id, arrival, { status });
  if (!draft) return;
  const { entity, changed } = draft;
  setOwners(entity, arrival);
  const isOver = isTerminal(entity.status);
  const starts = (streams ? !isOver : changed && running.has(status)) && entity.started === undefined;
  orders.place(entity, arrival.executionId, step, starts);
  if (starts) entity.started = arrival.timestamp;
  else if (changed && isOver) entity.ended = arrival.timestamp;
  apply?.(draft);
  end(orders.nodes, draft, arrival);
}

/** The lowest order of the nodes that the event starts, of those that are known and not under way yet; 0: there are none. */
function lowestOrder({ nodes }: NodeOrders, { executionId, startedIds }: Arrival): number {
  let lowest = 0;
  for (const id of startedIds) {
    const node = nodes.get(entityKey(executionId, id));
    if (!node || (node.started !== undefined && !isTerminal(node.status))) continue;
    if (node.order !== undefined && (lowest === 0 || node.order < lowest)) lowest = node.order;
  }
  return lowest;
}

/** Publishers call the piece of text by several names. */
function pieceOf({ token, content, chunk, text, delta }: Arrival['data']): string {
  const piece = [token, content, chunk, text, delta].find((value) => typeof value === 'string');
  return piece ?? '';
}
