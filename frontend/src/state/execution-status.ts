import type { ExecutionEntity, ExecutionStatusMessage, NodeEntity } from '../types/messages';
import type { LiveView } from './live-view';
import { parseTime } from './rfc3339';

type StatusWord = NonNullable<ExecutionStatusMessage['status']>;

/** An execution in Execution's terms. `null`: unknown. */
export interface ExecutionStatus {
  readonly execution_id: string;
  readonly status: StatusWord | null;
  readonly progress: number | null;
  readonly message: string | null;
  readonly result: unknown;
  readonly error: unknown;
  /** In seconds: as reported by the publisher, else the time between the events that started and ended it. */
  readonly execution_time: number | null;
  /** Its last event was before a gap: it may have changed, or ended, since. */
  readonly uncertain: boolean;
}

/** The status of an execution. A status that Execution does not have is mapped as the relay maps it for Execution's pages. */
export function executionStatus(view: LiveView, id: string): ExecutionStatus {
  const known: Partial<ExecutionEntity> = view.sections.executions.get(id) ?? {};
  const { status, progress = null, message = null, execution_time = null, started, ended } = known;
  // Any JSON value, including null, whatever its declared type.
  const [result, error]: readonly unknown[] = [known.result, known.error];
  const word = wordOf(status);
  const other = word === status || status === 'queued' ? null : (status ?? null);
  return {
    execution_id: id,
    status: word,
    progress,
    message: message ?? (word === 'failed' ? null : other),
    result: result ?? null,
    error: error ?? (word === 'failed' ? other : null),
    execution_time: execution_time ?? secondsBetween(started, ended),
    uncertain: known.uncertain === true,
  };
}

/** The nodes of an execution by their order, then by their ids: the same result whenever the page was opened. */
export function executionNodes(view: LiveView, id: string): NodeEntity[] {
  return [...view.sections.nodes.values()].filter(({ execution_id = '' }) => execution_id === id).sort(inOrder);
}

function inOrder(a: NodeEntity, b: NodeEntity): number {
  return (a.order ?? Infinity) - (b.order ?? Infinity) || (a.id < b.id ? -1 : 1);
}

function wordOf(status: string | undefined): StatusWord | null {
  switch (status) {
    case undefined:
      return null;
    case 'pending':
    case 'queued':
      return 'pending';
    case 'completed':
    case 'done':
    case 'skipped':
      return 'completed';
    case 'failed':
    case 'cancelled':
    case 'canceled':
      return 'failed';
    default:
      return 'running';
  }
}

function secondsBetween(from = '', to = ''): number | null {
  const [fromMs, toMs] = [parseTime(from), parseTime(to)];
  return fromMs === null || toMs === null || toMs < fromMs ? null : (toMs - fromMs) / 1000;
}
