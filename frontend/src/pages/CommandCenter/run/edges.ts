import type { RunRecord } from '../../../components/run-records';
import { momentOf } from '../../../components/time-words';
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

/** Which node leads to which, as far as anybody told or it was seen. `nodes` in the order of the state. */
export function edgesOf(nodes: readonly NodeEntity[], record: Pick<RunRecord, 'order' | 'groups'> | undefined): RunEdges {
  const ids = new Set(nodes.map(({ id }) => id));
  const given = nodes.flatMap((node) => givenEdges(node)).filter(({ from, to }) => from !== to && ids.has(from) && ids.has(to));
  if (given.length > 0) return { kind: 'given', edges: distinct(given) };
  return { kind: 'observed', edges: observedEdges(stepsOf(nodes, record)) };
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

/** The nodes in the order in which they were first seen; those that started together are one step. */
function stepsOf(nodes: readonly NodeEntity[], record: Pick<RunRecord, 'order' | 'groups'> | undefined): string[][] {
  const known = new Set(nodes.map(({ id }) => id));
  const steps = earlierSteps(nodes, new Set(record?.order));
  const placed = new Set(steps.flat());
  for (const id of record?.order ?? []) {
    if (placed.has(id) || !known.has(id)) continue;
    const group = record?.groups.find((members) => members.includes(id));
    const step = (group ?? [id]).filter((member) => known.has(member) && !placed.has(member));
    for (const member of step) placed.add(member);
    steps.push(step);
  }
  return steps;
}

/** What came before the page did: when each was last heard of is the best there is. Those that were so at once, by one event, are one step. */
function earlierSteps(nodes: readonly NodeEntity[], seen: ReadonlySet<string>): string[][] {
  const times = new Map<number, string[]>();
  for (const { id, timestamp } of nodes) {
    if (seen.has(id)) continue;
    const at = momentOf(timestamp) ?? 0;
    times.set(at, [...(times.get(at) ?? []), id]);
  }
  return [...times].sort(([a], [b]) => a - b).map(([, ids]) => ids);
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
