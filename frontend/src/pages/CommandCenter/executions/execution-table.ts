import { hasEnded, statusKind, type StatusKind } from '../../../format/status-kind';
import { language } from '../../../i18n/preferences';
import type { ExecutionSummary } from './execution-list';
import type { ExecutionTask } from './execution-tasks';

export const executionColumns = ['status', 'name', 'project', 'progress', 'nodes', 'tokens', 'started', 'duration', 'updated'] as const;
export type ExecutionColumn = (typeof executionColumns)[number];

export interface ExecutionSort {
  readonly column: ExecutionColumn;
  readonly descending: boolean;
}

export const executionGroups = ['running', 'paused', 'waiting', 'uncertain', 'failed', 'done', 'stopped', 'other'] as const;
/** The kind of the status; `uncertain` if the last update came before a gap. */
export type ExecutionGroup = StatusKind | 'uncertain';

/** What the list shows. `group` `null`: all; `sort` `null`: the order of `listExecutions`, running ones first. */
export interface ExecutionQuery {
  readonly search: string;
  readonly group: ExecutionGroup | null;
  readonly sort: ExecutionSort | null;
}

/** A row of the table. */
export interface ExecutionRow {
  readonly summary: ExecutionSummary;
  readonly task: ExecutionTask | undefined;
}

export interface ExecutionTable {
  readonly rows: readonly ExecutionRow[];
  /** Number of executions of each group that match the search, in any group. */
  readonly counts: ReadonlyMap<ExecutionGroup, number>;
}

/** Selects and sorts the executions. `now` in Unix milliseconds of the relay's clock. */
export function executionTable(
  executions: readonly ExecutionSummary[],
  tasks: ReadonlyMap<string, ExecutionTask>,
  { search, group, sort }: ExecutionQuery,
  now: number,
): ExecutionTable {
  const query = search.trim().toLowerCase();
  const found = executions.map((summary) => ({ summary, task: tasks.get(summary.id) })).filter((row) => matches(row, query));
  const counts = new Map<ExecutionGroup, number>();
  for (const { summary } of found) counts.set(groupOf(summary), (counts.get(groupOf(summary)) ?? 0) + 1);
  const rows = group === null ? found : found.filter(({ summary }) => groupOf(summary) === group);
  return { rows: sort === null ? rows : sorted(rows, sort, now), counts };
}

function groupOf(summary: ExecutionSummary): ExecutionGroup {
  return summary.isUncertain ? 'uncertain' : statusKind(shownStatus(summary));
}

/** The status that is shown: an execution whose node waits for input does not run. */
export function shownStatus({ status, isWaiting }: ExecutionSummary): string | undefined {
  return isWaiting ? 'waiting_for_input' : status;
}

/** Returns the duration in milliseconds, up to now if the execution has not ended; `null` if unknown. */
function durationOf({ status, durationMs, startedAt, isUncertain }: ExecutionSummary, now: number): number | null {
  if (hasEnded(status)) return durationMs;
  return startedAt === null || isUncertain ? null : Math.max(0, now - startedAt);
}

/** Returns the sort after a click on a column: ascending for text, descending for numbers and times, then the reverse, then none. */
export function nextSort(sort: ExecutionSort | null, column: ExecutionColumn): ExecutionSort | null {
  const descendingFirst = column !== 'status' && column !== 'name' && column !== 'project';
  if (sort?.column !== column) return { column, descending: descendingFirst };
  return sort.descending === descendingFirst ? { column, descending: !descendingFirst } : null;
}

function matches({ summary, task }: ExecutionRow, query: string): boolean {
  if (query === '') return true;
  const { id, message, status, project } = summary;
  return [id, task?.title, task?.id, message, status, project].some((text) => text?.toLowerCase().includes(query) === true);
}

/** Unknown values are last in both directions. Equal rows keep their order. */
function sorted(rows: readonly ExecutionRow[], { column, descending }: ExecutionSort, now: number): ExecutionRow[] {
  const keyed = rows.map((row) => ({ row, value: valueOf(row, column, now) }));
  const sign = descending ? -1 : 1;
  const texts = new Intl.Collator(language.get(), { numeric: true });
  return keyed
    .sort((a, b) => {
      if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null);
      return sign * compare(a.value, b.value, texts);
    })
    .map(({ row }) => row);
}

function compare(a: string | number, b: string | number, texts: Intl.Collator): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : texts.compare(String(a), String(b));
}

function valueOf({ summary, task }: ExecutionRow, column: ExecutionColumn, now: number): string | number | null {
  switch (column) {
    case 'status':
      return executionGroups.indexOf(groupOf(summary));
    case 'name':
      return task?.title ?? summary.id;
    case 'project':
      return summary.project ?? null;
    case 'progress':
      return summary.progress ?? null;
    case 'nodes':
      return summary.nodes === 0 ? null : summary.nodes;
    case 'tokens':
      return summary.tokens ?? null;
    case 'started':
      return summary.startedAt;
    case 'duration':
      return durationOf(summary, now);
    case 'updated':
      return summary.lastUpdatedAt === 0 ? null : summary.lastUpdatedAt;
  }
}

/** The text of a sort in the address: `started`, or `-started` if it is descending; empty: the order of `listExecutions`. */
export function sortText(sort: ExecutionSort | null): string {
  return sort === null ? '' : `${sort.descending ? '-' : ''}${sort.column}`;
}

/** Reads `sortText`. Null for an unknown column. */
export function sortOf(text: string): ExecutionSort | null {
  const column = executionColumns.find((name) => name === text.replace(/^-/, ''));
  return column === undefined ? null : { column, descending: text.startsWith('-') };
}
