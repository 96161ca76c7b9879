import type { TaskEntity } from 'cecelia-client';
import { hasEnded } from '../../../format/status-kind';
import { formatField } from '../../../format/format-value';
import { parseTimestamp } from '../../../format/format-time';
import { t } from '../../../i18n/messages';

/** Returns the title of the task, otherwise its id. */
export function taskTitle(task: TaskEntity): string {
  return formatField(task.data, 'title') ?? (task.id === '' ? t('task.untitled') : task.id);
}

export function taskError(task: TaskEntity): string | undefined {
  return formatField(task.data, 'error');
}

/** Returns the executor or agent of the task, otherwise its publisher. */
export function taskWorker(task: TaskEntity): string | undefined {
  const { data } = task;
  return formatField(data, 'executor') ?? formatField(data, 'agent_id') ?? formatField(data, 'worker') ?? task.source;
}

export function taskProject(task: TaskEntity): string | undefined {
  return task.project_id;
}

/** Returns when the task entered its current status, in Unix milliseconds: the first of the latest consecutive changes with that status. */
export function statusSince(task: TaskEntity): number {
  const { changes = [], status, timestamp } = task;
  let since: string | undefined;
  for (let at = changes.length - 1; at >= 0; at--) {
    const change = changes[at];
    if (change?.status !== status) break;
    since = change?.timestamp;
  }
  return parseTimestamp(since ?? timestamp) ?? 0;
}

/** Returns the duration in milliseconds; `null` if the start is unknown or the task has not ended. */
export function taskDuration(task: TaskEntity): number | null {
  if (!hasEnded(task.status)) return null;
  const { changes = [] } = task;
  const ended = statusSince(task);
  const began = changes.findLast((change, at) => change.status === 'running' && changes[at - 1]?.status !== 'running');
  const from = parseTimestamp(began?.timestamp);
  return from === null ? null : Math.max(0, ended - from);
}

/** Returns true if a task matches the filter. `search` is in lower case, empty for all. */
export function taskMatches(task: TaskEntity, project: string | null, search: string): boolean {
  if (project !== null && taskProject(task) !== project) return false;
  if (search === '') return true;
  return [task.id, taskTitle(task), taskProject(task), taskWorker(task), taskError(task), task.status].some(
    (text) => text?.toLowerCase().includes(search) === true,
  );
}
