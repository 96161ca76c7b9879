import type { NodeEntity } from '../types/messages';
import type { ReductionInput } from './reduction-input';
import { isRunning, isTerminal } from './entity-table';
import { mergeBounded, setBounded } from './bounded-values';
import { entityKey } from './live-view';
import type { NodeOrders, Step } from './node-orders';
import type { NodeTexts } from './node-texts';
import { beginUpdate, commitUpdate, type Draft, setOwners } from './reduction';
import { statusOf, textPiece } from './wire-text';

interface NodeChange {
  /** Empty: the event has none. */
  readonly status?: string;
  readonly step?: Step;
  /** The event is output of the node, so it has started even without an event that says so. */
  readonly streams?: boolean;
  readonly apply?: (draft: Draft<NodeEntity>) => void;
}

/** Events without a node are ignored. */
export function reduceNodeState(orders: NodeOrders, input: ReductionInput): void {
  const status = statusOf(input.data.status) || statusOf(input.data.state);
  change(orders, input, input.nodeId, { status, apply: ({ entity }) => mergeBounded(entity, 'data', input.data) });
}

/** Marks the node of the event and those in its data as running. */
export function reduceParallelStart(orders: NodeOrders, input: ReductionInput): void {
  change(orders, input, input.nodeId, { status: 'running' });
  const step = { order: lowestOrder(orders, input) };
  for (const id of input.startedIds) change(orders, input, id, { status: 'running', step });
}

export function reduceNodeText(orders: NodeOrders, texts: NodeTexts, input: ReductionInput): void {
  const apply = ({ key, entity }: Draft<NodeEntity>) => texts.append(key, entity, textPiece(input.data));
  change(orders, input, input.nodeId, { streams: true, apply });
}

export function reduceNodeUsage(orders: NodeOrders, input: ReductionInput): void {
  change(orders, input, input.nodeId, { apply: ({ entity }) => mergeBounded(entity, 'usage', input.data) });
}

export function reduceNodeError(orders: NodeOrders, input: ReductionInput): void {
  const { error, message } = input.data;
  const apply = ({ entity }: Draft<NodeEntity>) => setBounded(entity, 'error', error === undefined ? message : error);
  change(orders, input, input.nodeId, { status: 'failed', apply });
}

function change(
  orders: NodeOrders,
  input: ReductionInput,
  id: string,
  { status = '', step = { order: 0 }, streams = false, apply }: NodeChange,
): void {
  if (id === '') return;
  const draft = beginUpdate(orders.nodes, entityKey(input.executionId, id), id, input, { status });
  if (!draft) return;
  const { entity, changed } = draft;
  setOwners(entity, input);
  const hasEnded = isTerminal(entity.status);
  const starts = (streams ? !hasEnded : changed && isRunning(status)) && entity.started === undefined;
  orders.assign(entity, input.executionId, step, starts);
  if (starts) entity.started = input.timestamp;
  else if (changed && hasEnded) entity.ended = input.timestamp;
  apply?.(draft);
  commitUpdate(orders.nodes, draft, input);
}

/** The lowest order of the nodes that the event starts, among those that are known and not running yet; 0: none. */
function lowestOrder({ nodes }: NodeOrders, { executionId, startedIds }: ReductionInput): number {
  let lowest = 0;
  for (const id of startedIds) {
    const node = nodes.get(entityKey(executionId, id));
    if (!node || (node.started !== undefined && !isTerminal(node.status))) continue;
    if (node.order !== undefined && (lowest === 0 || node.order < lowest)) lowest = node.order;
  }
  return lowest;
}
