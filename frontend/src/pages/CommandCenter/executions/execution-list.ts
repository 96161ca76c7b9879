import type { ExecutionEntity, NodeEntity } from 'cecelia-client';
import type { LiveView } from 'cecelia-client/state';
import { hasEnded, isUncertain, statusKind } from '../../../format/status-kind';
import { isKnownToWait } from '../../../features/situation/waits-for-input';
import { formatField } from '../../../format/format-value';
import { parseTimestamp } from '../../../format/format-time';

/** An execution as displayed in the list. */
export interface ExecutionSummary {
  readonly id: string;
  readonly status: string | undefined;
  /** The last update came before a gap. */
  readonly isUncertain: boolean;
  readonly project: string | undefined;
  readonly message: string | undefined;
  readonly progress: number | undefined;
  /** Unix milliseconds; `null` if unknown. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** `null` if unknown or if the execution has not ended. */
  readonly durationMs: number | null;
  /** Time of the newest event in Unix milliseconds. */
  readonly lastUpdatedAt: number;
  readonly nodes: number;
  readonly nodesDone: number;
  readonly nodesFailed: number;
  /** It waits for input, or one of its nodes does. */
  readonly isWaiting: boolean;
  readonly tokens: number | undefined;
}

/**
 * Returns the executions of a project, or all: running first, then uncertain, then ended, each newest first. Includes executions of which only nodes
 * are known.
 */
export function listExecutions(sections: LiveView['sections'], project: string | null): ExecutionSummary[] {
  const nodes = new Map<string, NodeEntity[]>();
  for (const node of sections.nodes.values()) {
    const id = node.execution_id;
    if (id === undefined || id === '') continue;
    const others = nodes.get(id);
    if (others === undefined) nodes.set(id, [node]);
    else others.push(node);
  }
  const executions = [...sections.executions.values()].map((execution) =>
    summarizeExecution(execution.id, execution, nodes.get(execution.id) ?? []),
  );
  for (const [id, of] of nodes) if (!sections.executions.has(id)) executions.push(summarizeExecution(id, undefined, of));
  return executions
    .filter((execution) => project === null || execution.project === project)
    .sort(
      (a, b) =>
        Number(hasEnded(a.status)) - Number(hasEnded(b.status)) ||
        Number(a.isUncertain) - Number(b.isUncertain) ||
        (b.startedAt ?? b.lastUpdatedAt) - (a.startedAt ?? a.lastUpdatedAt) ||
        (a.id < b.id ? -1 : 1),
    );
}

export function summarizeExecution(id: string, execution: ExecutionEntity | undefined, nodes: readonly NodeEntity[]): ExecutionSummary {
  const lastUpdatedAt = Math.max(0, ...[execution, ...nodes].map((entity) => parseTimestamp(entity?.received) ?? 0));
  const counted = nodes.filter((node) => node.id !== '');
  const [startedAt, endedAt] = [parseTimestamp(execution?.started), parseTimestamp(execution?.ended)];
  const executionTime = execution?.execution_time;
  const status = execution?.status ?? statusOfNodes(counted);
  return {
    id,
    status,
    isUncertain: execution === undefined ? !hasEnded(status) && nodes.every(isUncertain) : isUncertain(execution),
    project: execution?.project_id ?? nodes.find((node) => node.project_id !== undefined)?.project_id,
    // The last progress message is no longer current once the execution has ended.
    message: formatField(execution, 'error') ?? (hasEnded(execution?.status) ? undefined : formatField(execution, 'message')),
    progress: execution?.progress ?? undefined,
    startedAt,
    endedAt,
    // The Execution format reports it in seconds.
    durationMs:
      typeof executionTime === 'number'
        ? executionTime * 1000
        : startedAt === null || endedAt === null
          ? null
          : Math.max(0, endedAt - startedAt),
    lastUpdatedAt,
    nodes: counted.length,
    nodesDone: counted.filter((node) => statusKind(node.status) === 'done').length,
    nodesFailed: counted.filter((node) => statusKind(node.status) === 'failed').length,
    isWaiting: isKnownToWait(execution, nodes),
    tokens: totalTokens(execution, nodes),
  };
}

/** Returns the token usage of an execution: its own report, otherwise the sum over its nodes; `undefined` if unknown. */
function totalTokens(execution: ExecutionEntity | undefined, nodes: readonly NodeEntity[]): number | undefined {
  const own = tokensOf(execution?.usage);
  if (own !== undefined) return own;
  const counts = nodes.flatMap((node) => tokensOf(node.usage) ?? []);
  return counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count, 0);
}

export function tokensOf(usage: NodeEntity['usage']): number | undefined {
  if (usage === undefined) return undefined;
  const { total_tokens: total, prompt_tokens: prompt, completion_tokens: completion } = usage;
  if (typeof total === 'number') return total;
  if (typeof prompt !== 'number' && typeof completion !== 'number') return undefined;
  return (prompt ?? 0) + (completion ?? 0);
}

/** Derives the status of an execution from its nodes; `undefined` if unknown. */
function statusOfNodes(nodes: readonly NodeEntity[]): string | undefined {
  return nodes.some((node) => statusKind(node.status) === 'running') ? 'running' : undefined;
}
