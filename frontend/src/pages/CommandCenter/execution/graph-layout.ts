import { Graph, layout } from '@dagrejs/dagre';
import type { NodeEdge } from './graph-edges';

/** Size of a node in pixels. */
export const nodeSize = { width: 188, height: 60 } as const;

export interface Point {
  readonly x: number;
  readonly y: number;
}

export type Direction = 'LR' | 'TB';

export interface GraphLayout {
  readonly direction: Direction;
  readonly width: number;
  readonly height: number;
  /** Upper left corner of each node. */
  readonly positions: ReadonlyMap<string, Point>;
  /** Control points of each edge around other nodes, by `edgeKey`, without its ends. */
  readonly bends: ReadonlyMap<string, readonly Point[]>;
}

export function edgeKey({ from, to }: NodeEdge): string {
  return JSON.stringify([from, to]);
}

/** Computes the layout from left to right or from top to bottom, whichever is larger where there is this room. */
export function layoutToFit(ids: readonly string[], edges: readonly NodeEdge[], room: { width: number; height: number }): GraphLayout {
  const [across, down] = [layoutGraph(ids, edges, 'LR'), layoutGraph(ids, edges, 'TB')];
  const scaleOf = ({ width, height }: GraphLayout) => Math.min(1, room.width / width, room.height / height);
  return scaleOf(down) > scaleOf(across) ? down : across;
}

/** Computes the layout: from left to right, or from top to bottom. */
export function layoutGraph(ids: readonly string[], edges: readonly NodeEdge[], direction: Direction): GraphLayout {
  const graph = new Graph();
  graph.setGraph({
    rankdir: direction,
    nodesep: direction === 'LR' ? 22 : 12,
    ranksep: direction === 'LR' ? 52 : 34,
    marginx: 12,
    marginy: 12,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  // Dagre uses names as keys of plain objects and reserves some (`_d1`), so that ids of publishers must not be used as names.
  const names = new Map(ids.map((id, at) => [id, `n${at}`]));
  const nameOf = (id: string) => names.get(id) ?? '';
  for (const name of names.values()) graph.setNode(name, { ...nodeSize });
  for (const { from, to } of edges) graph.setEdge(nameOf(from), nameOf(to));
  layout(graph);
  const positions = ids.map((id): [string, Point] => {
    const { x = 0, y = 0 } = graph.node(nameOf(id)) as Partial<Point>;
    return [id, { x: x - nodeSize.width / 2, y: y - nodeSize.height / 2 }];
  });
  const bends = edges.map((edge): [string, readonly Point[]] => {
    const { points = [] } = graph.edge(nameOf(edge.from), nameOf(edge.to)) as { points?: readonly Point[] };
    return [edgeKey(edge), points.slice(1, -1)];
  });
  const { width = 1, height = 1 } = graph.graph() as { width?: number; height?: number };
  return { direction, width, height, positions: new Map(positions), bends: new Map(bends) };
}

/** Returns the SVG path of a curve along the points. */
export function roundedPath(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (first === undefined || last === undefined) return '';
  const parts = [`M${first.x},${first.y}`];
  rest.slice(0, -1).forEach((bend, at) => {
    const next = rest[at + 1] ?? last;
    // Each curve ends halfway to the next bend, so that the line has no corner.
    const isLastBend = at === rest.length - 2;
    const end = isLastBend ? last : { x: (bend.x + next.x) / 2, y: (bend.y + next.y) / 2 };
    parts.push(`Q${bend.x},${bend.y} ${end.x},${end.y}`);
  });
  if (rest.length === 1) parts.push(`L${last.x},${last.y}`);
  return parts.join(' ');
}
