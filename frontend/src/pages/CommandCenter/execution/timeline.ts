import type { ExecutionEntity, NodeEntity } from 'cecelia-client';
import type { KnownGap } from 'cecelia-client/state';
import { parseTimestamp } from '../../../format/format-time';
import { hasEnded } from '../../../format/status-kind';
import { criticalPath, longestChain } from './critical-path';
import type { ExecutionTrace } from './execution-trace';
import type { GraphEdges } from './graph-edges';
import type { NodeRowData } from './node-row';
import { type Interval, nodeSpans, timeDomain } from './node-spans';
import { timeToFirstToken, tokenRate } from './run-numbers';

/** What the Gantt chart of an execution shows. */
export interface Timeline {
  /** `null`: no time is known. */
  readonly axis: Interval | null;
  readonly rows: readonly NodeRowData[];
  /** The ids of the nodes on the critical path, in order. */
  readonly critical: readonly string[];
  /** Sum of their durations in milliseconds. */
  readonly criticalMs: number;
  readonly gaps: readonly (Interval & { readonly number: number; readonly gap: KnownGap['gap'] })[];
  /** Per second, in equal parts of the axis. */
  readonly tokenRates: readonly number[];
  readonly logRates: readonly number[];
  /** The time of the oldest event that was counted for the rates; `null`: there was none. */
  readonly knownFrom: number | null;
}

const parts = 240;

/** `nodes` in topological order, `now` by the relay's clock. */
export function timelineOf(
  execution: ExecutionEntity | undefined,
  nodes: readonly NodeEntity[],
  edges: GraphEdges,
  trace: ExecutionTrace,
  gaps: readonly KnownGap[],
  now: number,
): Timeline {
  const spans = nodeSpans(nodes, edges, trace, now);
  const durations = new Map(spans.map(({ id, ran }) => [id, ran === null ? null : ran.to - ran.from]));
  const critical = edges.kind === 'declared' ? criticalPath(durations, edges) : longestChain(spans);
  const onPath = new Set(critical);
  const isRunning = execution !== undefined && !hasEnded(execution.status);
  const axis = timeDomain(spans, [parseTimestamp(execution?.started), parseTimestamp(execution?.ended), isRunning ? now : null]);
  return {
    axis,
    rows: nodes.flatMap((node, index) => {
      const span = spans[index];
      const seen = trace.node(node.id);
      if (span === undefined) return [];
      return [{ node, span, isCritical: onPath.has(node.id), firstTokenMs: timeToFirstToken(node, seen), rate: tokenRate(node, seen) }];
    }),
    critical,
    criticalMs: critical.reduce((sum, id) => sum + (durations.get(id) ?? 0), 0),
    gaps: gaps.map(({ number, gap, at }) => ({ number, gap, from: parseTimestamp(gap.from) ?? at, to: parseTimestamp(gap.to) ?? at })),
    tokenRates: axis === null ? [] : trace.tokens.rates(axis.from, axis.to, parts),
    logRates: axis === null ? [] : trace.logs.rates(axis.from, axis.to, parts),
    knownFrom: trace.from,
  };
}
