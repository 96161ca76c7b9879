import { Graph, layout } from '@dagrejs/dagre';
import type { RunEdge } from './edges';

/** Of a node in the graph, in pixels. */
export const nodeSize = { width: 188, height: 60 } as const;

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface GraphLayout {
  /** The upper left corner of each node. */
  readonly places: ReadonlyMap<string, Point>;
  /** Where each edge bends on its way around other nodes, by `edgeKey`; without its ends. */
  readonly bends: ReadonlyMap<string, readonly Point[]>;
}

export function edgeKey({ from, to }: RunEdge): string {
  return JSON.stringify([from, to]);
}

/** Where each node stands: from left to right, or from the top down where there is no room beside each other. */
export function layoutGraph(ids: readonly string[], edges: readonly RunEdge[], direction: 'LR' | 'TB'): GraphLayout {
  const graph = new Graph();
  graph.setGraph({
    rankdir: direction,
    nodesep: direction === 'LR' ? 22 : 12,
    ranksep: direction === 'LR' ? 52 : 34,
    marginx: 12,
    marginy: 12,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  // Dagre uses names as keys of plain objects and has names of its own (`_d1`), so it does not get a publisher's id.
  const names = new Map(ids.map((id, at) => [id, `n${at}`]));
  const nameOf = (id: string) => names.get(id) ?? '';
  for (const name of names.values()) graph.setNode(name, { ...nodeSize });
  for (const { from, to } of edges) graph.setEdge(nameOf(from), nameOf(to));
  layout(graph);
  const places = ids.map((id): [string, Point] => {
    const { x = 0, y = 0 } = graph.node(nameOf(id)) as Partial<Point>;
    return [id, { x: x - nodeSize.width / 2, y: y - nodeSize.height / 2 }];
  });
  const bends = edges.map((edge): [string, readonly Point[]] => {
    const { points = [] } = graph.edge(nameOf(edge.from), nameOf(edge.to)) as { points?: readonly Point[] };
    return [edgeKey(edge), points.slice(1, -1)];
  });
  return { places: new Map(places), bends: new Map(bends) };
}

/** A line through the points, rounded at each: an SVG path. */
export function roundedPath(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (first === undefined || last === undefined) return '';
  const parts = [`M${first.x},${first.y}`];
  rest.slice(0, -1).forEach((bend, at) => {
    const next = rest[at + 1] ?? last;
    // Towards the bend, and from there half the way to the next: a curve without a corner.
    const isLastBend = at === rest.length - 2;
    const end = isLastBend ? last : { x: (bend.x + next.x) / 2, y: (bend.y + next.y) / 2 };
    parts.push(`Q${bend.x},${bend.y} ${end.x},${end.y}`);
  });
  if (rest.length === 1) parts.push(`L${last.x},${last.y}`);
  return parts.join(' ');
}
