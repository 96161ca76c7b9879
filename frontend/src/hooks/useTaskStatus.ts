import { useCallback } from 'react';
import { mergeExactly } from '../services/exact-json';
import type { TaskEntity } from '../types/messages';
import type { LiveView } from '../state/live-view';
import { type LivePart, useLive } from './useLive';

/** The state of a task. `taskId` is its `id`, under the name that Cecelia's events use. */
export interface Task extends TaskEntity {
  readonly taskId: string;
}

export interface TaskStatus {
  /** The tasks in the order in which they were created; with a `taskId`, that one alone. */
  readonly tasks: readonly Task[];
  /** The task of `taskId`, if it is known. */
  readonly task: Task | undefined;
}

const parts: readonly LivePart[] = ['tasks'];
/** Entities are replaced and never changed, so the task of an entity can be kept. */
const tasksOfEntities = new WeakMap<TaskEntity, Task>();

/** The current tasks; with a `taskId`, that one, and the component renders again only for it. */
export function useTaskStatus(taskId?: string): TaskStatus {
  const select = useCallback(
    ({ sections }: LiveView) => {
      const one = taskId === undefined ? undefined : sections.tasks.get(taskId);
      return (taskId === undefined ? [...sections.tasks.values()] : one ? [one] : []).map(taskOf);
    },
    [taskId],
  );
  const tasks = useLive(select, parts);
  return { tasks, task: taskId === undefined ? undefined : tasks[0] };
}

function taskOf(entity: TaskEntity): Task {
  let task = tasksOfEntities.get(entity);
  if (!task) tasksOfEntities.set(entity, (task = mergeExactly(entity, { taskId: entity.id })));
  return task;
}
