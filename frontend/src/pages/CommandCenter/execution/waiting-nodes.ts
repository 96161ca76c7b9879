import type { ExecutionEntity, NodeEntity } from 'cecelia-client';
import { executionWaits, nodeWaits } from '../../../features/situation/waits-for-input';
import { formatField } from '../../../format/format-value';
import { isUncertain } from '../../../format/status-kind';
import type { ExecutionTrace } from './execution-trace';
import { nodeTitle } from './node-title';

/** What waits for input of a person. */
export interface WaitingFor {
  /** `null`: the execution itself. */
  readonly id: string | null;
  readonly title: string | undefined;
  /** What it asks, if that was published. */
  readonly question: string | undefined;
  /** Unix milliseconds; `null`: unknown. */
  readonly since: number | null;
  /** It waited before a gap. The answer may have been missed. */
  readonly isUncertain: boolean;
}

const questions = ['question', 'prompt', 'message', 'text'] as const;

/** Returns the nodes that wait for input; if none does, the execution if it does. */
export function waitingNodes(
  execution: ExecutionEntity | undefined,
  nodes: readonly NodeEntity[],
  trace: ExecutionTrace,
): readonly WaitingFor[] {
  const waiting = nodes.filter(nodeWaits);
  if (waiting.length === 0 && execution !== undefined && executionWaits(execution)) {
    return [{ id: null, title: undefined, question: formatField(execution, 'message'), since: null, isUncertain: isUncertain(execution) }];
  }
  return waiting.map((node) => {
    const last = trace.node(node.id)?.changes.at(-1);
    return {
      id: node.id,
      title: nodeTitle(node),
      question: questionOf(node.data),
      since: last !== undefined && last.status === node.status ? last.at : null,
      isUncertain: isUncertain(node),
    };
  });
}

function questionOf(data: object | undefined): string | undefined {
  for (const name of questions) {
    const text = formatField(data, name);
    if (text !== undefined) return text;
  }
  return undefined;
}
