import { useCallback, useMemo } from 'react';
import type { NodeEntity } from '../types/messages';
import { executionNodes, executionStatus, type ExecutionStatus } from '../state/execution-status';
import type { LiveView } from '../state/live-view';
import { type LivePart, useSelection } from './useLive';
import { useRelay } from './useRelay';

/** An execution and its nodes. */
export interface Execution extends ExecutionStatus {
  readonly nodes: readonly NodeEntity[];
}

const ofExecutions: readonly LivePart[] = ['executions'];
const ofNodes: readonly LivePart[] = ['nodes'];

/** An execution in Execution's terms. Without a provider it uses a connection with the events of this execution only. */
export function useExecution(executionId: string): Execution {
  const { view } = useRelay(useMemo(() => ({ filter: { execution: executionId } }), [executionId]));
  const selectStatus = useCallback((from: LiveView) => executionStatus(from, executionId), [executionId]);
  const selectNodes = useCallback((from: LiveView) => executionNodes(from, executionId), [executionId]);
  const status = useSelection(view, selectStatus, ofExecutions);
  const nodes = useSelection(view, selectNodes, ofNodes);
  return useMemo(() => ({ ...status, nodes }), [status, nodes]);
}
