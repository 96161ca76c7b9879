import { useMemo } from 'react';
import { type Execution, executionStore } from '../state/stores';
import { useRelay } from './useRelay';
import { useStore } from './useStore';

/** An execution in Execution's terms. Without a provider it uses a connection with the events of this execution only. */
export function useExecution(executionId: string): Execution {
  const relay = useRelay(useMemo(() => ({ filter: { execution: executionId } }), [executionId]));
  return useStore(useMemo(() => executionStore(relay, executionId), [relay, executionId]));
}
