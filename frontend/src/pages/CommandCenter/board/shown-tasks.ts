import { isoTime } from '../../../features/export/csv';
import { type ShownData, shownData } from '../../../features/export/shown-data';
import { isUncertain } from '../../../format/status-kind';
import { statusSince, taskDuration, taskError, taskProject, taskTitle, taskWorker } from '../task/task-facts';
import type { TaskColumns } from './task-columns';

/** The tasks of the board for the export, column by column. */
export function shownTasks({ columns, size, total }: TaskColumns): ShownData {
  const tasks = columns.flatMap(({ entries }) => entries.map(({ task }) => task));
  return shownData({ view: 'board', missing: total - size }, tasks, [
    { name: 'id', value: ({ id }) => id },
    { name: 'title', value: taskTitle },
    { name: 'status', value: ({ status }) => status },
    { name: 'uncertain', value: isUncertain },
    { name: 'project', value: taskProject },
    { name: 'worker', value: taskWorker },
    { name: 'progress', value: ({ progress }) => progress },
    { name: 'status_since', value: (task) => isoTime(statusSince(task)) },
    { name: 'duration_ms', value: taskDuration },
    { name: 'execution', value: (task) => task.execution_id },
    { name: 'error', value: taskError },
    { name: 'received', value: ({ received }) => received },
  ]);
}
