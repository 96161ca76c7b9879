import type { ExecutionEntity, NodeEntity } from 'cecelia-client';
import { formatField } from '../../format/format-value';
import { hasEnded, isUncertain } from '../../format/status-kind';

/** Statuses that say so by their names: publishers use different words for it. */
const names = [
  /^(?:waiting|awaiting|needs|requires|pending)_(?:for_)?(?:user|(?:user_)?(?:input|approval))$/,
  /^(?:user_)?(?:input|approval)_(?:required|needed|requested|pending)$/,
];
const saysSo = (status = '') => names.some((name) => name.test(status.toLowerCase()));

/** Whether a node waits for input of a person. `waiting` alone may mean that it has not started: it waits if it has, or if it asks something. */
export function nodeWaits({ status, data, started }: NodeEntity): boolean {
  if (saysSo(status)) return true;
  return (
    status?.toLowerCase() === 'waiting' &&
    (started !== undefined || formatField(data, 'question') !== undefined || formatField(data, 'prompt') !== undefined)
  );
}

/** Whether an execution itself says that it waits for input. Its nodes may wait too. */
export function executionWaits(execution: ExecutionEntity | undefined): boolean {
  return saysSo(execution?.status);
}

/** Whether an execution or one of its nodes is known to wait. After a gap it may have got its input. */
export function isKnownToWait(execution: ExecutionEntity | undefined, nodes: readonly NodeEntity[]): boolean {
  if (hasEnded(execution?.status)) return false;
  if (execution !== undefined && executionWaits(execution) && !isUncertain(execution)) return true;
  return nodes.some((node) => nodeWaits(node) && !isUncertain(node));
}
