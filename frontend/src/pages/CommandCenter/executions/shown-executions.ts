import { isoTime } from '../../../features/export/csv';
import { type ShownData, shownData } from '../../../features/export/shown-data';
import type { ExecutionRow } from './execution-table';

/** The rows of the table for the export. */
export function shownExecutions(rows: readonly ExecutionRow[], missing: number): ShownData {
  const exported = rows.map(({ summary, task }) => ({
    id: summary.id,
    status: summary.status,
    uncertain: summary.isUncertain,
    task: task?.id,
    title: task?.title,
    project: summary.project,
    progress: summary.progress,
    nodes: summary.nodes,
    nodes_done: summary.nodesDone,
    nodes_failed: summary.nodesFailed,
    tokens: summary.tokens,
    started: isoTime(summary.startedAt),
    ended: isoTime(summary.endedAt),
    duration_ms: summary.durationMs ?? undefined,
    updated: isoTime(summary.lastUpdatedAt),
    message: summary.message,
  }));
  const names = Object.keys(exported[0] ?? {}) as (keyof (typeof exported)[number])[];
  return shownData(
    { view: 'executions', missing },
    exported,
    names.map((name) => ({ name, value: (row) => row[name] })),
  );
}
