import { hasEnded, isUncertain, statusKind } from '../../../components/status-kind';
import { textIn } from '../../../components/text-of';
import { momentOf } from '../../../components/time-words';
import type { LiveView } from '../../../state/live-view';
import type { ExecutionEntity, NodeEntity } from '../../../types/messages';

/** A run as the list shows it. */
export interface RunSummary {
  readonly id: string;
  readonly status: string | undefined;
  /** It was last heard of before a gap. */
  readonly isUncertain: boolean;
  readonly project: string | undefined;
  readonly message: string | undefined;
  readonly progress: number | undefined;
  /** Unix milliseconds; `null` where it is not known. */
  readonly began: number | null;
  readonly ended: number | null;
  /** How long it took, in milliseconds; `null`: not known, or it has not ended. */
  readonly took: number | null;
  /** Of the newest event. */
  readonly heard: number;
  readonly nodes: number;
  readonly nodesDone: number;
  readonly nodesFailed: number;
  readonly tokens: number | undefined;
}

/** The runs of a project, or all, those under way first, those that are uncertain behind them, and then by when they began, the newest first. A run is also one of which only nodes are known. */
export function runList(sections: LiveView['sections'], project: string | null): RunSummary[] {
  const nodes = new Map<string, NodeEntity[]>();
  for (const node of sections.nodes.values()) {
    const id = node.execution_id;
    if (id === undefined || id === '') continue;
    const others = nodes.get(id);
    if (others === undefined) nodes.set(id, [node]);
    else others.push(node);
  }
  const runs = [...sections.executions.values()].map((execution) => runSummary(execution.id, execution, nodes.get(execution.id) ?? []));
  for (const [id, of] of nodes) if (!sections.executions.has(id)) runs.push(runSummary(id, undefined, of));
  return runs
    .filter((run) => project === null || run.project === project)
    .sort(
      (a, b) =>
        Number(hasEnded(a.status)) - Number(hasEnded(b.status)) ||
        Number(a.isUncertain) - Number(b.isUncertain) ||
        (b.began ?? b.heard) - (a.began ?? a.heard) ||
        (a.id < b.id ? -1 : 1),
    );
}

export function runSummary(id: string, execution: ExecutionEntity | undefined, nodes: readonly NodeEntity[]): RunSummary {
  const heard = Math.max(0, ...[execution, ...nodes].map((entity) => momentOf(entity?.received) ?? 0));
  const counted = nodes.filter((node) => node.id !== '');
  const [began, ended] = [momentOf(execution?.started), momentOf(execution?.ended)];
  const told = execution?.execution_time;
  const status = execution?.status ?? statusOfNodes(counted);
  return {
    id,
    status,
    isUncertain: execution === undefined ? !hasEnded(status) && nodes.every(isUncertain) : isUncertain(execution),
    project: execution?.project_id ?? nodes.find((node) => node.project_id !== undefined)?.project_id,
    // The last step of a run that has ended is not what it does now.
    message: textIn(execution, 'error') ?? (hasEnded(execution?.status) ? undefined : textIn(execution, 'message')),
    progress: execution?.progress ?? undefined,
    began,
    ended,
    // System C tells it in seconds.
    took: typeof told === 'number' ? told * 1000 : began === null || ended === null ? null : Math.max(0, ended - began),
    heard,
    nodes: counted.length,
    nodesDone: counted.filter((node) => statusKind(node.status) === 'done').length,
    nodesFailed: counted.filter((node) => statusKind(node.status) === 'failed').length,
    tokens: totalTokens(execution, nodes),
  };
}

/** The tokens of a run: what it says of itself, else the sum of what its nodes say; `undefined` where nothing was said. */
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

/** How a run stands of which only its nodes are known; `undefined` where they do not tell. */
function statusOfNodes(nodes: readonly NodeEntity[]): string | undefined {
  return nodes.some((node) => statusKind(node.status) === 'running') ? 'running' : undefined;
}
