import { hasEnded } from '../../../components/status-kind';
import { textIn } from '../../../components/text-of';
import { momentOf } from '../../../components/time-words';
import type { TaskEntity } from '../../../types/messages';

/** What the task is called: its title, else its id. */
export function taskTitle(task: TaskEntity): string {
  return textIn(task.data, 'title') ?? (task.id === '' ? 'Task without ID' : task.id);
}

export function taskError(task: TaskEntity): string | undefined {
  return textIn(task.data, 'error');
}

/** Who works on it: the executor or agent that the task names, else its publisher. */
export function taskWorker(task: TaskEntity): string | undefined {
  const { data } = task;
  return textIn(data, 'executor') ?? textIn(data, 'agent_id') ?? textIn(data, 'worker') ?? task.source;
}

export function taskProject(task: TaskEntity): string | undefined {
  return task.project_id;
}

/** When the task came to the status that it has, in Unix milliseconds: the first of the changes at the end that name it. */
export function statusSince(task: TaskEntity): number {
  const { changes = [], status, timestamp } = task;
  let since: string | undefined;
  for (let at = changes.length - 1; at >= 0; at--) {
    const change = changes[at];
    if (change?.status !== status) break;
    since = change?.timestamp;
  }
  return momentOf(since ?? timestamp) ?? 0;
}

/** How long it ran, in milliseconds; `null` where its beginning is not known, or it has not ended. */
export function taskDuration(task: TaskEntity): number | null {
  if (!hasEnded(task.status)) return null;
  const { changes = [] } = task;
  const ended = statusSince(task);
  const began = changes.findLast((change, at) => change.status === 'running' && changes[at - 1]?.status !== 'running');
  const from = momentOf(began?.timestamp);
  return from === null ? null : Math.max(0, ended - from);
}

/** Whether a task is what the reader looks for; `search` in lower case, empty for all. */
export function taskMatches(task: TaskEntity, project: string | null, search: string): boolean {
  if (project !== null && taskProject(task) !== project) return false;
  if (search === '') return true;
  return [task.id, taskTitle(task), taskProject(task), taskWorker(task), taskError(task), task.status].some(
    (text) => text?.toLowerCase().includes(search) === true,
  );
}
