import { Graph, layout } from '@dagrejs/dagre';
import type { RunEdge } from './edges';

/** Of a node in the graph, in pixels. */
export const nodeSize = { width: 188, height: 60 } as const;

export interface Placed {
  readonly x: number;
  readonly y: number;
}

/** Where each node stands: from left to right, or from the top down where there is no room beside each other. */
export function layoutGraph(ids: readonly string[], edges: readonly RunEdge[], direction: 'LR' | 'TB'): Map<string, Placed> {
  const graph = new Graph();
  graph.setGraph({ rankdir: direction, nodesep: 22, ranksep: 52, marginx: 12, marginy: 12 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of ids) graph.setNode(id, { ...nodeSize });
  for (const { from, to } of edges) graph.setEdge(from, to);
  layout(graph);
  return new Map(
    ids.map((id) => {
      const { x = 0, y = 0 } = graph.node(id) as { x?: number; y?: number };
      return [id, { x: x - nodeSize.width / 2, y: y - nodeSize.height / 2 }];
    }),
  );
}
