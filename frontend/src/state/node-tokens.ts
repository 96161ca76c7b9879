import type { NodeEntity, TokenUsageData } from '../types/messages';
import { entityKey, type LiveView } from './live-view';

/** The output and the token usage of a node. */
export interface NodeTokens {
  /** Its text; the beginning may be missing. */
  readonly text: string;
  /** Size of all its text, in bytes of JSON: more than that of `text` if the beginning is missing. */
  readonly bytes: number;
  readonly usage: TokenUsageData | null;
  readonly status: string | null;
}

/** Without an execution: the node with that id and the latest event. */
export function nodeTokens(view: LiveView, nodeId: string, executionId?: string): NodeTokens {
  const node = executionId === undefined ? latestNode(view, nodeId) : view.sections.nodes.get(entityKey(executionId, nodeId));
  return {
    text: node ? view.text(node.execution_id ?? '', node.id) : '',
    bytes: node?.text_bytes ?? 0,
    usage: node?.usage ?? null,
    status: node?.status ?? null,
  };
}

function latestNode({ sections }: LiveView, nodeId: string): NodeEntity | undefined {
  let last: NodeEntity | undefined;
  for (const node of sections.nodes.values()) {
    if (node.id === nodeId && (!last || node.received >= last.received)) last = node;
  }
  return last;
}
