import type { InboundMessage, OtherEvent } from '../services/relay-connection';
import { eventIds } from '../state/reduction-input';
import { textPiece } from '../state/wire-text';
import type { CeceliaEvent } from '../types/messages';
import type { SessionStore } from './session-store';
import type { WorkflowRunStore } from './workflow-run-store';

/**
 * Passes an event of a session to the stores, as Workflow does:
 *
 *     token_stream                           session.appendMessage
 *     token_usage                            session.updateTokenUsage
 *     node_state_change                      run.updateNodeStatus
 *     node:parallel_start                    run.setActiveNodes
 *     execution:paused, execution:completed  run.setExecutionStatus
 *     error                                  run.updateNodeStatus; without a node, run.setExecutionStatus
 *
 * Other events are ignored.
 */
export function routeSessionEvent(message: InboundMessage, session: SessionStore, run: WorkflowRunStore): void {
  if (message.event.startsWith('relay:')) return;
  const event = message as CeceliaEvent | OtherEvent;
  const { nodeId, agentId, startedIds } = eventIds(event);
  const { data }: { readonly data: Readonly<Record<string, unknown>> } = event;
  switch (event.event) {
    case 'token_stream':
      return session.appendMessage({ nodeId, agentId: agentId || undefined, content: textPiece(data) });
    case 'token_usage':
      return session.updateTokenUsage(nodeId, {
        inputTokens: numberOf(data.prompt_tokens, data.input_tokens),
        outputTokens: numberOf(data.completion_tokens, data.output_tokens),
        totalTokens: numberOf(data.total_tokens),
      });
    case 'node_state_change':
      return run.updateNodeStatus(nodeId, textOf(data.status ?? data.state));
    case 'node:parallel_start':
      return run.setActiveNodes(startedIds);
    case 'execution:paused':
      return run.setExecutionStatus('paused');
    case 'execution:completed':
      return run.setExecutionStatus('completed');
    case 'error':
      if (nodeId === '') return run.setExecutionStatus('failed');
      return run.updateNodeStatus(nodeId, 'failed', textOf(data.error ?? data.message));
    default:
  }
}

function numberOf(...values: readonly unknown[]): number | null {
  return values.find((value) => typeof value === 'number') ?? null;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
}
