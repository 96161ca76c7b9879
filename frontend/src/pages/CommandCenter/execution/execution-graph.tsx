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
import { memo, useEffect, useMemo, useRef } from 'react';
import { classNames } from '../../../components/class-names';
import { formatUncertainStatus, isPublishedStatus, isUncertain, statusKind } from '../../../format/status-kind';
import { StatusIcon } from '../../../components/status-badge';
import { useShownTheme } from '../../../components/theme';
import { formatShortCount } from '../../../format/format-time';
import { published } from '../../../format/text-language';
import { t } from '../../../i18n/messages';
import { tokensOf } from '../executions/execution-list';
import type { GraphEdges } from './graph-edges';
import { type Direction, edgeKey, type GraphLayout, layoutToFit, nodeSize, type Point, roundedPath } from './graph-layout';
import styles from './execution-graph.module.css';
import { nodeTitle } from './node-title';
import { useSize } from '../../../components/use-size';

interface ExecutionGraphProps {
  readonly nodes: readonly NodeEntity[];
  readonly edges: GraphEdges;
  /** The ids of the nodes on the critical path, in order. */
  readonly critical: readonly string[];
  readonly selected: string | null;
  readonly hovered: string | null;
  readonly onSelect: (id: string) => void;
  readonly onHover: (id: string | null) => void;
}

interface GraphNodeData extends Record<string, unknown> {
  readonly entity: NodeEntity;
  readonly direction: Direction;
  readonly isSelected: boolean;
  readonly isHovered: boolean;
}

type GraphNodeType = Node<GraphNodeData, 'execution'>;

type GraphEdgeType = Edge<{ readonly bends: readonly Point[] }, 'execution'>;

const nodeTypes = { execution: memo(GraphNode) };
const edgeTypes = { execution: memo(GraphEdge) };

/** The node graph of an execution. The list of the Gantt chart is the accessible alternative. */
export function ExecutionGraph(props: ExecutionGraphProps) {
  const { nodes, edges } = props;
  const ref = useRef<HTMLDivElement>(null);
  const { width, height } = useSize(ref);
  const shape = JSON.stringify([nodes.map(({ id }) => id), edges.edges]);
  const layout = useMemo(
    () =>
      layoutToFit(
        nodes.map(({ id }) => id),
        edges.edges,
        { width, height },
      ),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `shape` holds all that the layout depends on, the arrays are new with each rendering
    [shape, width, height],
  );
  // Recreated when the direction changes: React Flow measures the handles of a node only once.
  return (
    <div ref={ref} className={styles.room}>
      <ReactFlowProvider key={layout.direction}>
        <Graph {...props} layout={layout} />
      </ReactFlowProvider>
    </div>
  );
}

function Graph(props: ExecutionGraphProps & { readonly layout: GraphLayout }) {
  const { nodes, edges, critical, selected, hovered, onSelect, onHover, layout } = props;
  const { positions, bends, direction } = layout;
  const theme = useShownTheme();
  const { fitView } = useReactFlow();
  useEffect(() => {
    void fitView({ padding: 0.12, maxZoom: 1.15 * fontScale() });
  }, [fitView, layout]);

  const criticalEdges = new Set(critical.slice(1).map((to, at) => edgeKey({ from: critical[at] ?? '', to })));
  const statuses = new Map(nodes.map(({ id, status }) => [id, statusKind(status)]));
  return (
    <ReactFlow<GraphNodeType, GraphEdgeType>
      className={styles.graph ?? ''}
      nodes={nodes.map((entity) => ({
        id: nodeName(entity.id),
        type: 'execution',
        position: positions.get(entity.id) ?? { x: 0, y: 0 },
        ...nodeSize,
        data: { entity, direction, isSelected: entity.id === selected, isHovered: entity.id === hovered },
      }))}
      edges={edges.edges.map((edge): GraphEdgeType => {
        const { from, to } = edge;
        const isActive = statuses.get(to) === 'running';
        const isCritical = criticalEdges.has(edgeKey(edge));
        return {
          id: edgeKey(edge),
          type: 'execution',
          data: { bends: bends.get(edgeKey(edge)) ?? [] },
          ariaLabel: t('execution.graph.edge', { from, to }),
          source: nodeName(from),
          target: nodeName(to),
          className: classNames(
            styles.edge,
            edges.kind === 'observed' && styles.observed,
            isActive && styles.active,
            isCritical && styles.critical,
          ),
          // The size is in units of the width of the line.
          markerEnd: {
            type: MarkerType.ArrowClosed,
            width: isCritical ? 10 : 16,
            height: isCritical ? 10 : 16,
            color: isCritical ? 'var(--accent)' : 'var(--line-strong)',
          },
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
      onNodeMouseEnter={(_, node) => onHover(node.data.entity.id)}
      onNodeMouseLeave={() => onHover(null)}
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

function GraphNode({ data: { entity, direction, isSelected, isHovered } }: NodeProps<GraphNodeType>) {
  const kind = statusKind(entity.status);
  const tokens = tokensOf(entity.usage);
  const name = nodeTitle(entity);
  return (
    <div className={classNames(styles.node, styles[kind], isSelected && styles.selected, isHovered && styles.hovered)}>
      <Handle type="target" position={direction === 'TB' ? Position.Top : Position.Left} className={styles.handle ?? ''} />
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
      <Handle type="source" position={direction === 'TB' ? Position.Bottom : Position.Right} className={styles.handle ?? ''} />
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
