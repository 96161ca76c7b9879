import type { NodeEntity } from 'cecelia-client';
import { idOf } from 'cecelia-client/state';
export interface NodeEdge {
  readonly from: string;
  readonly to: string;
}

export interface GraphEdges {
  /** `declared`: the nodes name their dependencies. `observed`: they do not, and the edges follow the order of arrival. */
  readonly kind: 'declared' | 'observed';
  readonly edges: readonly NodeEdge[];
}

/** Fields of a node's data that name the nodes before it and after it. */
const before = ['depends_on', 'dependsOn', 'parents'] as const;
const after = ['next'] as const;

/** Returns the declared edges, or without any the order in which the relay first received the nodes. */
export function edgesOf(nodes: readonly NodeEntity[]): GraphEdges {
  const ids = new Set(nodes.map(({ id }) => id));
  const declared = nodes.flatMap((node) => declaredEdges(node)).filter(({ from, to }) => from !== to && ids.has(from) && ids.has(to));
  if (declared.length > 0) return { kind: 'declared', edges: distinct(declared) };
  return { kind: 'observed', edges: observedEdges(stepsOf(nodes)) };
}

/** Sorts the nodes topologically. Nodes of the same depth keep their order. */
export function topologicalOrder(nodes: readonly NodeEntity[], { edges }: GraphEdges): NodeEntity[] {
  const depths = new Map(nodes.map(({ id }) => [id, 0]));
  // At most as many rounds as the longest possible path, so that cycles terminate.
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

function declaredEdges({ id, data = {} }: NodeEntity): NodeEdge[] {
  return [
    ...before.flatMap((name) => idsOf(data[name]).map((from) => ({ from, to: id }))),
    ...after.flatMap((name) => idsOf(data[name]).map((to) => ({ from: id, to }))),
  ];
}

/** Groups the nodes into steps by order. Nodes that started together form one step. */
function stepsOf(nodes: readonly NodeEntity[]): string[][] {
  const steps = new Map<number, string[]>();
  for (const { id, order = Infinity } of nodes) {
    const step = steps.get(order);
    if (step === undefined) steps.set(order, [id]);
    else step.push(id);
  }
  return [...steps].sort(([a], [b]) => a - b).map(([, ids]) => ids);
}

function observedEdges(steps: readonly (readonly string[])[]): NodeEdge[] {
  return steps.flatMap((step, at) => step.flatMap((from) => (steps[at + 1] ?? []).map((to) => ({ from, to }))));
}

function distinct(edges: readonly NodeEdge[]): NodeEdge[] {
  return [...new Map(edges.map((edge) => [JSON.stringify([edge.from, edge.to]), edge])).values()];
}

/** Returns the ids in a list of nodes, whose elements are ids or objects with an id. */
function idsOf(list: unknown): string[] {
  const items: readonly unknown[] = Array.isArray(list) ? list : [list];
  return items.flatMap((item) => {
    if (typeof item !== 'object' || item === null) return idOf(item) || [];
    const { node_id, nodeId, id } = item as Record<string, unknown>;
    return idOf(node_id ?? nodeId ?? id) || [];
  });
}
