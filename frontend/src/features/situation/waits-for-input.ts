import type { ExecutionEntity, NodeEntity } from 'cecelia-client';
import { formatField } from '../../format/format-value';
import { hasEnded, isUncertain } from '../../format/status-kind';

/** Statuses that say so by their names: publishers use different words for it. */
const names = /input|approval|waiting_for_user/;

/** Whether a node waits for input of a person. `waiting` alone may mean that it has not started: it waits if it has, or if it asks something. */
export function nodeWaits({ status = '', data, started }: NodeEntity): boolean {
  const name = status.toLowerCase();
  if (names.test(name)) return true;
  return (
    name === 'waiting' &&
    (started !== undefined || formatField(data, 'question') !== undefined || formatField(data, 'prompt') !== undefined)
  );
}

/** Whether an execution itself says that it waits for input. Its nodes may wait too. */
export function executionWaits(execution: ExecutionEntity | undefined): boolean {
  return execution !== undefined && names.test((execution.status ?? '').toLowerCase());
}

/** Whether an execution or one of its nodes is known to wait. After a gap it may have got its input. */
export function isKnownToWait(execution: ExecutionEntity | undefined, nodes: readonly NodeEntity[]): boolean {
  if (hasEnded(execution?.status)) return false;
  if (execution !== undefined && executionWaits(execution) && !isUncertain(execution)) return true;
  return nodes.some((node) => nodeWaits(node) && !isUncertain(node));
}
