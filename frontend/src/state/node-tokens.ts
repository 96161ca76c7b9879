import type { NodeEntity, TokenUsageData } from '../types/messages';
import { entityKey, type LiveView } from './live-view';

/** What a node has streamed and used. */
export interface NodeTokens {
  /** Its text, as much of its end as is known. */
  readonly text: string;
  /** Bytes of all its text, as JSON writes it: more than `text` where the beginning is gone. */
  readonly bytes: number;
  readonly usage: TokenUsageData | null;
  readonly status: string | null;
}

/** Without an execution: the node of that id that was heard of last. */
export function nodeTokens(view: LiveView, nodeId: string, executionId?: string): NodeTokens {
  const node = executionId === undefined ? lastHeard(view, nodeId) : view.sections.nodes.get(entityKey(executionId, nodeId));
  return {
    text: node ? view.text(node.execution_id ?? '', node.id) : '',
    bytes: node?.text_bytes ?? 0,
    usage: node?.usage ?? null,
    status: node?.status ?? null,
  };
}

function lastHeard({ sections }: LiveView, nodeId: string): NodeEntity | undefined {
  let last: NodeEntity | undefined;
  for (const node of sections.nodes.values()) {
    if (node.id === nodeId && (!last || node.received >= last.received)) last = node;
  }
  return last;
}
