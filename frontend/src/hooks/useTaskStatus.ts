import { useCallback } from 'react';
import type { TaskEntity } from '../types/messages';
import type { LiveView } from '../state/live-view';
import { type LivePart, useLive } from './useLive';

export interface TaskStatus {
  /** The tasks in the order in which they were created; with a `taskId`, that one alone. */
  readonly tasks: readonly TaskEntity[];
  /** The task of `taskId`, if it is known. */
  readonly task: TaskEntity | undefined;
}

const parts: readonly LivePart[] = ['tasks'];

/** What is true of the tasks now; with a `taskId`, of that one, and then the component renders again only for it. */
export function useTaskStatus(taskId?: string): TaskStatus {
  const select = useCallback(
    ({ sections: { tasks } }: LiveView) => (taskId === undefined ? [...tasks.values()] : listOf(tasks.get(taskId))),
    [taskId],
  );
  const tasks = useLive(select, parts);
  return { tasks, task: taskId === undefined ? undefined : tasks[0] };
}

function listOf(task: TaskEntity | undefined): TaskEntity[] {
  return task ? [task] : [];
}
