import { idOf } from '../../../state/wire-text';
import type { NodeEntity } from '../../../types/messages';

export interface RunEdge {
  readonly from: string;
  readonly to: string;
}

export interface RunEdges {
  /** `given`: the nodes say what they depend on. `observed`: they do not, and these lead from those that came earlier to those that came next. */
  readonly kind: 'given' | 'observed';
  readonly edges: readonly RunEdge[];
}

/** What a node's data calls the nodes before it, and after it. */
const before = ['depends_on', 'dependsOn', 'parents'] as const;
const after = ['next'] as const;

/** Which node leads to which, as far as the nodes say, else by the order in which the relay first heard of them. */
export function edgesOf(nodes: readonly NodeEntity[]): RunEdges {
  const ids = new Set(nodes.map(({ id }) => id));
  const given = nodes.flatMap((node) => givenEdges(node)).filter(({ from, to }) => from !== to && ids.has(from) && ids.has(to));
  if (given.length > 0) return { kind: 'given', edges: distinct(given) };
  return { kind: 'observed', edges: observedEdges(stepsOf(nodes)) };
}

/** The nodes in the order in which the edges lead, those of one depth as they were. */
export function inOrder(nodes: readonly NodeEntity[], { edges }: RunEdges): NodeEntity[] {
  const depths = new Map(nodes.map(({ id }) => [id, 0]));
  // As often as a path can be long: what leads in a circle has no depth, and ends here too.
  for (let round = 0, isDone = false; round < nodes.length && !isDone; round++) {
    isDone = true;
    for (const { from, to } of edges) {
      const depth = (depths.get(from) ?? 0) + 1;
      if (depth <= (depths.get(to) ?? 0)) continue;
      depths.set(to, depth);
      isDone = false;
    }
  }
  return [...nodes].sort((a, b) => (depths.get(a.id) ?? 0) - (depths.get(b.id) ?? 0));
}

function givenEdges({ id, data = {} }: NodeEntity): RunEdge[] {
  return [
    ...before.flatMap((name) => idsOf(data[name]).map((from) => ({ from, to: id }))),
    ...after.flatMap((name) => idsOf(data[name]).map((to) => ({ from: id, to }))),
  ];
}

/** The nodes by their order; those that started together are one step. */
function stepsOf(nodes: readonly NodeEntity[]): string[][] {
  const steps = new Map<number, string[]>();
  for (const { id, order = Infinity } of nodes) {
    const step = steps.get(order);
    if (step === undefined) steps.set(order, [id]);
    else step.push(id);
  }
  return [...steps].sort(([a], [b]) => a - b).map(([, ids]) => ids);
}

function observedEdges(steps: readonly (readonly string[])[]): RunEdge[] {
  return steps.flatMap((step, at) => step.flatMap((from) => (steps[at + 1] ?? []).map((to) => ({ from, to }))));
}

function distinct(edges: readonly RunEdge[]): RunEdge[] {
  return [...new Map(edges.map((edge) => [JSON.stringify([edge.from, edge.to]), edge])).values()];
}

/** The ids in a list of nodes, which are ids themselves or objects that have one. */
function idsOf(list: unknown): string[] {
  const items: readonly unknown[] = Array.isArray(list) ? list : [list];
  return items.flatMap((item) => {
    if (typeof item !== 'object' || item === null) return idOf(item) || [];
    const { node_id, nodeId, id } = item as Record<string, unknown>;
    return idOf(node_id ?? nodeId ?? id) || [];
  });
}
