import type { NodeEntity } from 'cecelia-client';
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
import { formatUncertainStatus, isPublishedStatus, isUncertain, statusKind } from '../../../format/status-kind';
import { StatusIcon } from '../../../components/status-badge';
import { formatField } from '../../../format/format-value';
import { useShownTheme } from '../../../components/theme';
import { formatShortCount } from '../../../format/format-time';
import { published } from '../../../format/text-language';
import { t } from '../../../i18n/messages';
import { tokensOf } from '../executions/execution-list';
import type { GraphEdges } from './graph-edges';
import { edgeKey, layoutGraph, nodeSize, type Point, roundedPath } from './graph-layout';
import styles from './execution-graph.module.css';

interface ExecutionGraphProps {
  readonly nodes: readonly NodeEntity[];
  readonly edges: GraphEdges;
  readonly selected: string | null;
  readonly onSelect: (id: string) => void;
  readonly isNarrow: boolean;
}

type GraphNodeType = Node<{ readonly entity: NodeEntity; readonly isNarrow: boolean; readonly isSelected: boolean }, 'execution'>;

type GraphEdgeType = Edge<{ readonly bends: readonly Point[] }, 'execution'>;

const nodeTypes = { execution: memo(GraphNode) };
const edgeTypes = { execution: memo(GraphEdge) };

/** The node graph of an execution. The node list beside it is the accessible alternative. */
export function ExecutionGraph(props: ExecutionGraphProps) {
  // Recreated when the direction changes: React Flow measures the handles of a node only once.
  return (
    <ReactFlowProvider key={props.isNarrow ? 'down' : 'across'}>
      <Graph {...props} />
    </ReactFlowProvider>
  );
}

function Graph({ nodes, edges, selected, onSelect, isNarrow }: ExecutionGraphProps) {
  const theme = useShownTheme();
  const { fitView } = useReactFlow();
  const shape = JSON.stringify([nodes.map(({ id }) => id), edges.edges, isNarrow]);
  const { positions, bends } = useMemo(
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
    void fitView({ padding: 0.12, maxZoom: 1.15 * fontScale() });
  }, [fitView, positions]);

  const statuses = new Map(nodes.map(({ id, status }) => [id, statusKind(status)]));
  return (
    <ReactFlow<GraphNodeType, GraphEdgeType>
      className={styles.graph ?? ''}
      nodes={nodes.map((entity) => ({
        id: nodeName(entity.id),
        type: 'execution',
        position: positions.get(entity.id) ?? { x: 0, y: 0 },
        ...nodeSize,
        data: { entity, isNarrow, isSelected: entity.id === selected },
      }))}
      edges={edges.edges.map((edge): GraphEdgeType => {
        const { from, to } = edge;
        const isActive = statuses.get(to) === 'running';
        return {
          id: edgeKey(edge),
          type: 'execution',
          data: { bends: bends.get(edgeKey(edge)) ?? [] },
          ariaLabel: t('execution.graph.edge', { from, to }),
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
      aria-label={t('execution.graph')}
      ariaLabelConfig={{
        'controls.ariaLabel': t('execution.graph.controls'),
        'controls.zoomIn.ariaLabel': t('execution.graph.zoom-in'),
        'controls.zoomOut.ariaLabel': t('execution.graph.zoom-out'),
        'controls.fitView.ariaLabel': t('execution.graph.fit'),
      }}
    >
      <Background gap={20} size={1} />
      <Controls showInteractive={false} />
    </ReactFlow>
  );
}

/** Returns the id of a node in React Flow. The prefix prevents collisions with members of `Object.prototype`. */
function nodeName(id: string): string {
  return `node:${id}`;
}

/** Returns the font scale, which is larger on wall displays. */
function fontScale(): number {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
}

function GraphNode({ data: { entity, isNarrow, isSelected } }: NodeProps<GraphNodeType>) {
  const kind = statusKind(entity.status);
  const tokens = tokensOf(entity.usage);
  const name = formatField(entity.data, 'title') ?? formatField(entity.data, 'name') ?? entity.id;
  return (
    <div className={classNames(styles.node, styles[kind], isSelected && styles.selected)}>
      <Handle type="target" position={isNarrow ? Position.Top : Position.Left} className={styles.handle ?? ''} />
      <p className={styles.name}>
        <StatusIcon status={entity.status} size={15} isUncertain={isUncertain(entity)} />
        <span {...published(name)}>{name}</span>
      </p>
      <p className={styles.state} {...(isPublishedStatus(entity.status) && published(entity.status))}>
        {[
          formatUncertainStatus(entity.status, isUncertain(entity)),
          ...(tokens === undefined ? [] : [t('execution.node.tokens', { count: formatShortCount(tokens) })]),
        ].join(' · ')}
      </p>
      <Handle type="source" position={isNarrow ? Position.Bottom : Position.Right} className={styles.handle ?? ''} />
    </div>
  );
}

/** An edge routed around the nodes between its ends. */
function GraphEdge(props: EdgeProps<GraphEdgeType>) {
  const { sourceX, sourceY, targetX, targetY, data, markerEnd } = props;
  // Adjacent nodes have nothing between them: use a plain Bézier curve.
  const bends = data?.bends ?? [];
  const [path] =
    bends.length <= 1 ? getBezierPath(props) : [roundedPath([{ x: sourceX, y: sourceY }, ...bends, { x: targetX, y: targetY }])];
  return <BaseEdge path={path} {...(markerEnd !== undefined && { markerEnd })} />;
}
