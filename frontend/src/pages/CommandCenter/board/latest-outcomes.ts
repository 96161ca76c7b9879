import type { TaskEntity } from 'cecelia-client';
import { statusSince } from '../task/task-facts';
import type { TaskColumns } from './task-columns';

/** Returns the most recent completed and failed tasks, newest first. */
export function latestOutcomes(columns: TaskColumns, count: number): TaskEntity[] {
  return [columns.column('completed'), columns.column('failed')]
    .flatMap((column) => column.entries.slice(0, count))
    .map(({ task }) => ({ task, at: statusSince(task) }))
    .sort((a, b) => b.at - a.at)
    .slice(0, count)
    .map(({ task }) => task);
}
