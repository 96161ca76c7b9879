import type { ExecutionEntity, NodeEntity } from 'cecelia-client';
import { hasEnded } from '../../../format/status-kind';
import { parseTimestamp } from '../../../format/format-time';
import { tokensOf } from '../executions/execution-list';
import type { ExecutionTrace, NodeTrace } from './execution-trace';

/** Tokens that went into the models and came out; `null`: unknown. */
export interface TokenCounts {
  readonly input: number | null;
  readonly output: number | null;
  readonly total: number | null;
}

/** The tokens of an execution: its own report, otherwise the sum over its nodes. */
export function tokenCounts(execution: ExecutionEntity | undefined, nodes: readonly NodeEntity[]): TokenCounts {
  const own = execution?.usage;
  const usages = own === undefined ? nodes.map(({ usage }) => usage).filter((usage) => usage !== undefined) : [own];
  const sum = (counts: readonly (number | null | undefined)[]) =>
    counts.length === 0 || counts.some((count) => typeof count !== 'number')
      ? null
      : counts.reduce<number>((all, count) => all + (count ?? 0), 0);
  return {
    input: sum(usages.map(({ prompt_tokens }) => prompt_tokens)),
    output: sum(usages.map(({ completion_tokens }) => completion_tokens)),
    total: sum(usages.map((usage) => tokensOf(usage))),
  };
}

/** Milliseconds from the start of a node to its first output; `null`: unknown. */
export function timeToFirstToken(node: NodeEntity, trace: NodeTrace | undefined): number | null {
  const start = parseTimestamp(node.started);
  const first = trace?.firstTokenAt ?? null;
  return start === null || first === null || first < start ? null : first - start;
}

/**
 * Output tokens per second of a node while it streamed; `null`: unknown. From the token usage if the node has ended and all of its output was seen, otherwise
 * one token for each `token_stream` event.
 */
export function tokenRate(node: NodeEntity, trace: NodeTrace | undefined): number | null {
  if (trace === undefined || trace.streamedMs <= 0 || trace.tokens < 2) return null;
  const completion = node.usage?.completion_tokens;
  const isComplete = hasEnded(node.status) && trace.firstTokenAt !== null;
  return ((typeof completion === 'number' && isComplete ? completion : trace.tokens - 1) * 1000) / trace.streamedMs;
}

/** Time in milliseconds over which the present rate is measured. */
const presentMs = 5000;

/** Streamed tokens per second of an execution: of the last 5 s while it streams, otherwise of the time in which it streamed; `null`: it did not. */
export function executionTokenRate({ tokens }: ExecutionTrace, now: number): { readonly rate: number; readonly isPresent: boolean } | null {
  const present = tokens.between(now - presentMs, now);
  if (present > 0) return { rate: (present * 1000) / presentMs, isPresent: true };
  const rate = tokens.activeRate;
  return rate === null ? null : { rate, isPresent: false };
}

/** Milliseconds from the start of the execution to the first output of any node; `null`: unknown. */
export function executionFirstToken(startedAt: number | null, nodes: readonly NodeEntity[], trace: ExecutionTrace): number | null {
  if (startedAt === null) return null;
  let first: number | null = null;
  for (const node of nodes) {
    if (node.text === undefined) continue;
    const at = trace.node(node.id)?.firstTokenAt ?? null;
    // The output of this node may have been the first.
    if (at === null) return null;
    first = Math.min(first ?? at, at);
  }
  return first === null || first < startedAt ? null : first - startedAt;
}
