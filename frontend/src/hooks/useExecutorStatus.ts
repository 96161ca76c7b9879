import { useMemo } from 'react';
import { executorStore, type ExecutorStatus } from '../state/stores';
import { useRelay } from './useRelay';
import { useStore } from './useStore';

/** The status of the executor; of several, the one with the latest event. */
export function useExecutorStatus(): ExecutorStatus {
  const relay = useRelay();
  return useStore(useMemo(() => executorStore(relay), [relay]));
}
