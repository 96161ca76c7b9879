import type { ExecutorEntity } from '../types/messages';
import type { LiveView } from '../state/live-view';
import { type LivePart, useLive } from './useLive';

export interface ExecutorStatus {
  /** Number of running tasks; `null`: unknown. */
  readonly activeCount: number | null;
  /** Number of further tasks that it could run; `null`: unknown. */
  readonly availableSlots: number | null;
  /** The sum of both; `null`: unknown. */
  readonly slots: number | null;
  /** All known executors, the one with the latest event first. */
  readonly executors: readonly ExecutorEntity[];
}

const parts: readonly LivePart[] = ['executor'];

/**
 * The status of the executor; of several, the one with the latest event. An executor does not report that it has ended, and a restarted Brain is a new one, so
 * a sum would include executors that no longer exist.
 */
export function useExecutorStatus(): ExecutorStatus {
  const executors = useLive(select, parts);
  const { activeCount = null, availableSlots = null } = executors[0]?.data ?? {};
  return {
    activeCount,
    availableSlots,
    slots: activeCount === null || availableSlots === null ? null : activeCount + availableSlots,
    executors,
  };
}

function select({ sections }: LiveView): ExecutorEntity[] {
  return [...sections.executor.values()].sort((a, b) => (a.received < b.received ? 1 : a.received > b.received ? -1 : 0));
}
