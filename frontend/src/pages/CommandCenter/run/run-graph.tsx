import {
  Background,
  BaseEdge,
  Controls,
  type Edge,
  type EdgeProps,
  getBezierPath,
  Handle,
  MarkerType,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import { memo, useEffect, useMemo } from 'react';
import { classNames } from '../../../components/class-names';
import { isUncertain, statusKind, statusWords } from '../../../components/status-kind';
import { StatusIcon } from '../../../components/status-mark';
import { textIn } from '../../../components/text-of';
import { useShownTheme } from '../../../components/theme';
import { shortCountWords } from '../../../components/time-words';
import type { NodeEntity } from '../../../types/messages';
import { tokensOf } from '../runs/run-list';
import type { RunEdges } from './edges';
import { edgeKey, layoutGraph, nodeSize, type Point, roundedPath } from './graph-layout';
import styles from './run-graph.module.css';

interface RunGraphProps {
  readonly nodes: readonly NodeEntity[];
  readonly edges: RunEdges;
  readonly selected: string | null;
  readonly onSelect: (id: string) => void;
  readonly isNarrow: boolean;
}

type GraphNodeType = Node<{ readonly entity: NodeEntity; readonly isNarrow: boolean; readonly isSelected: boolean }, 'run'>;

type GraphEdgeType = Edge<{ readonly bends: readonly Point[] }, 'run'>;

const nodeTypes = { run: memo(GraphNode) };
const edgeTypes = { run: memo(GraphEdge) };

/** The nodes of a run and how they hang together. The list of nodes beside it says the same to those who cannot see it. */
export function RunGraph(props: RunGraphProps) {
  // Made anew where the direction changes: React Flow measures once where on a node its edges begin and end.
  return (
    <ReactFlowProvider key={props.isNarrow ? 'down' : 'across'}>
      <Graph {...props} />
    </ReactFlowProvider>
  );
}

function Graph({ nodes, edges, selected, onSelect, isNarrow }: RunGraphProps) {
  const theme = useShownTheme();
  const { fitView } = useReactFlow();
  const shape = JSON.stringify([nodes.map(({ id }) => id), edges.edges, isNarrow]);
  const { places, bends } = useMemo(
    () =>
      layoutGraph(
        nodes.map(({ id }) => id),
        edges.edges,
        isNarrow ? 'TB' : 'LR',
      ),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `shape` holds all that the layout depends on, the arrays are new with each rendering
    [shape],
  );
  useEffect(() => {
    void fitView({ padding: 0.12, maxZoom: 1.15 * letterScale() });
  }, [fitView, places]);

  const statuses = new Map(nodes.map(({ id, status }) => [id, statusKind(status)]));
  return (
    <ReactFlow<GraphNodeType, GraphEdgeType>
      className={styles.graph ?? ''}
      nodes={nodes.map((entity) => ({
        id: nodeName(entity.id),
        type: 'run',
        position: places.get(entity.id) ?? { x: 0, y: 0 },
        ...nodeSize,
        data: { entity, isNarrow, isSelected: entity.id === selected },
      }))}
      edges={edges.edges.map((edge): GraphEdgeType => {
        const { from, to } = edge;
        const isActive = statuses.get(to) === 'running';
        return {
          id: edgeKey(edge),
          type: 'run',
          data: { bends: bends.get(edgeKey(edge)) ?? [] },
          source: nodeName(from),
          target: nodeName(to),
          className: classNames(styles.edge, edges.kind === 'observed' && styles.observed, isActive && styles.active),
          markerEnd: { type: MarkerType.ArrowClosed, width: 16, height: 16, color: 'var(--line-strong)' },
        };
      })}
      nodeTypes={nodeTypes}
      edgeTypes={edgeTypes}
      colorMode={theme}
      nodesDraggable={false}
      nodesConnectable={false}
      nodesFocusable={false}
      edgesFocusable={false}
      zoomOnScroll={false}
      preventScrolling={false}
      minZoom={0.2}
      fitView
      onNodeClick={(_, node) => onSelect(node.data.entity.id)}
      aria-label="Node graph"
    >
      <Background gap={20} size={1} />
      <Controls showInteractive={false} />
    </ReactFlow>
  );
}

/** The name of a node in React Flow. No id of a publisher is the name of a member that every object has. */
function nodeName(id: string): string {
  return `node:${id}`;
}

/** How much larger letters are than usual: they are on a wall. */
function letterScale(): number {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
}

function GraphNode({ data: { entity, isNarrow, isSelected } }: NodeProps<GraphNodeType>) {
  const kind = statusKind(entity.status);
  const tokens = tokensOf(entity.usage);
  return (
    <div className={classNames(styles.node, styles[kind], isSelected && styles.selected)}>
      <Handle type="target" position={isNarrow ? Position.Top : Position.Left} className={styles.handle ?? ''} />
      <p className={styles.name}>
        <StatusIcon status={entity.status} size={15} isUncertain={isUncertain(entity)} />
        <span translate="no">{textIn(entity.data, 'title') ?? textIn(entity.data, 'name') ?? entity.id}</span>
      </p>
      <p
        className={styles.state}
      >{`${statusWords(entity.status)}${isUncertain(entity) ? ', uncertain' : ''}${tokens === undefined ? '' : ` · ${shortCountWords(tokens)} tokens`}`}</p>
      <Handle type="source" position={isNarrow ? Position.Bottom : Position.Right} className={styles.handle ?? ''} />
    </div>
  );
}

/** A line that bends around the nodes between its ends. */
function GraphEdge(props: EdgeProps<GraphEdgeType>) {
  const { sourceX, sourceY, targetX, targetY, data, markerEnd } = props;
  // Beside each other nothing is between: a plain curve is the finest.
  const bends = data?.bends ?? [];
  const [path] =
    bends.length <= 1 ? getBezierPath(props) : [roundedPath([{ x: sourceX, y: sourceY }, ...bends, { x: targetX, y: targetY }])];
  return <BaseEdge path={path} {...(markerEnd !== undefined && { markerEnd })} />;
}
