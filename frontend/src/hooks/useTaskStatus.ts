import { useMemo } from 'react';
import { taskStore, type TaskStatus } from '../state/stores';
import { useRelay } from './useRelay';
import { useStore } from './useStore';

/** The current tasks; with a `taskId`, that one, and the component renders again only for it. */
export function useTaskStatus(taskId?: string): TaskStatus {
  const relay = useRelay();
  return useStore(useMemo(() => taskStore(relay, taskId), [relay, taskId]));
}
