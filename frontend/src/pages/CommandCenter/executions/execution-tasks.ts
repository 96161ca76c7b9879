import type { TaskEntity } from 'cecelia-client';
import { formatField } from '../../../format/format-value';
import { taskTitle } from '../task/task-facts';

/** The task that an execution works on. */
export interface ExecutionTask {
  readonly id: string;
  readonly title: string;
}

/** Returns the newest task of each execution: one that belongs to it, or names it as its run. A run of Brain is an execution with the same id. */
export function tasksByExecution(tasks: ReadonlyMap<string, TaskEntity>): ReadonlyMap<string, ExecutionTask> {
  const found = new Map<string, ExecutionTask>();
  for (const task of tasks.values()) {
    for (const id of executionsOf(task)) found.set(id, { id: task.id, title: taskTitle(task) });
  }
  return found;
}

/** Returns the ids of the executions that a task names. */
function executionsOf(task: TaskEntity): readonly string[] {
  const ids = [task.execution_id, formatField(task.data, 'runId')];
  return [...new Set(ids)].filter((id) => id !== undefined && id !== '') as string[];
}
