import type { ExecutorEntity } from '../types/messages';
import type { LiveView } from '../state/live-view';
import { type LivePart, useLive } from './useLive';

export interface ExecutorStatus {
  /** Tasks that run; `null`: not known. */
  readonly activeCount: number | null;
  /** Tasks that could run beside those; `null`: not known. */
  readonly availableSlots: number | null;
  /** Both together; `null`: not known. */
  readonly slots: number | null;
  /** Every executor that is known, the one that was heard of last first. */
  readonly executors: readonly ExecutorEntity[];
}

const parts: readonly LivePart[] = ['executor'];

/**
 * How the executor stands. Of several it is the one that was heard of last: an executor never says that it has ended, and a Brain that was started anew is
 * another one, so a sum would count those that are gone.
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
