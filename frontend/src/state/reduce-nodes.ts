import type { NodeEntity } from '../types/messages';
import type { Arrival } from './arrival';
import type { EntityTable } from './entity-table';
import { keep, merge } from './kept-values';
import { entityKey } from './live-view';
import type { NodeTexts } from './node-texts';
import { begin, type Draft, end, setOwners } from './reduction';
import { statusOf } from './wire-text';

type Nodes = EntityTable<NodeEntity>;

/** Events that name no node change none. */
export function reduceNodeState(nodes: Nodes, arrival: Arrival): void {
  const status = statusOf(arrival.data.status) || statusOf(arrival.data.state);
  change(nodes, arrival, arrival.nodeId, status, ({ entity }) => merge(entity, 'data', arrival.data));
}

/** The node of the event, and those that its data names, are running. */
export function reduceParallelStart(nodes: Nodes, arrival: Arrival): void {
  change(nodes, arrival, arrival.nodeId, 'running');
  for (const id of arrival.startedIds) change(nodes, arrival, id, 'running');
}

export function reduceNodeText(nodes: Nodes, texts: NodeTexts, arrival: Arrival): void {
  change(nodes, arrival, arrival.nodeId, '', ({ key, entity }) => texts.append(key, entity, pieceOf(arrival.data)));
}

export function reduceNodeUsage(nodes: Nodes, arrival: Arrival): void {
  change(nodes, arrival, arrival.nodeId, '', ({ entity }) => merge(entity, 'usage', arrival.data));
}

export function reduceNodeError(nodes: Nodes, arrival: Arrival): void {
  const { error, message } = arrival.data;
  change(nodes, arrival, arrival.nodeId, 'failed', ({ entity }) => keep(entity, 'error', error === undefined ? message : error));
}

function change(nodes: Nodes, arrival: Arrival, id: string, status: string, apply?: (draft: Draft<NodeEntity>) => void): void {
  if (id === '') return;
  const draft = begin(nodes, entityKey(arrival.executionId, id), id, arrival, { status });
  if (!draft) return;
  setOwners(draft.entity, arrival);
  apply?.(draft);
  end(nodes, draft, arrival);
}

/** Publishers call the piece of text by several names. */
function pieceOf({ token, content, chunk, text, delta }: Arrival['data']): string {
  const piece = [token, content, chunk, text, delta].find((value) => typeof value === 'string');
  return piece ?? '';
}
