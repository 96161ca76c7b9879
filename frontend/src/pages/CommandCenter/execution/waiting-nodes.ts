import type { ExecutionEntity, NodeEntity } from 'cecelia-client';
import { formatField } from '../../../format/format-value';
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
}

/** Statuses that say so by their names. */
const names = /^(waiting_for_input|waiting_for_user|awaiting_input|input_required|needs_input)$/;
const questions = ['question', 'prompt', 'message', 'text'] as const;

/** Returns the nodes that wait for input; if none does, the execution if it does. */
export function waitingNodes(
  execution: ExecutionEntity | undefined,
  nodes: readonly NodeEntity[],
  trace: ExecutionTrace,
): readonly WaitingFor[] {
  const waiting = nodes.filter((node) => waitsForInput(node.status, node.data, node.started !== undefined));
  if (waiting.length === 0 && execution !== undefined && waitsForInput(execution.status, undefined, false)) {
    return [{ id: null, title: undefined, question: formatField(execution, 'message'), since: null }];
  }
  return waiting.map((node) => {
    const last = trace.node(node.id)?.changes.at(-1);
    return {
      id: node.id,
      title: nodeTitle(node),
      question: questionOf(node.data),
      since: last !== undefined && last.status === node.status ? last.at : null,
    };
  });
}

/** `waiting` alone may mean that the node has not started: it waits for input if it has, or if it asks something. */
function waitsForInput(status = '', data: object | undefined, hasStarted: boolean): boolean {
  const name = status.toLowerCase();
  if (names.test(name)) return true;
  return name === 'waiting' && (hasStarted || formatField(data, 'question') !== undefined || formatField(data, 'prompt') !== undefined);
}

function questionOf(data: object | undefined): string | undefined {
  for (const name of questions) {
    const text = formatField(data, name);
    if (text !== undefined) return text;
  }
  return undefined;
}
