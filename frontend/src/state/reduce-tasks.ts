import type { TaskChange, TaskEntity } from '../types/messages';
import type { ReductionInput } from './reduction-input';
import type { EntityTable } from './entity-table';
import { mergeBounded } from './bounded-values';
import { beginUpdate, commitUpdate, isStale, setOwners } from './reduction';
import { statusOf } from './wire-text';

type Tasks = EntityTable<TaskEntity>;

/** Maximum number of entries in a task's history: the first, and the newest of the others. */
const maxChanges = 32;

/** `byName` is the status that the name of the event implies; empty: none. */
export function reduceTask(tasks: Tasks, input: ReductionInput, { byName = '', known = true }): void {
  const id = input.taskId;
  if (id === '') return;
  const given = statusOf(input.data.status);
  // An event with an unknown name is about the task only if it has a status or the task is known.
  if (!known && given === '' && tasks.get(id) === undefined) return;

  const isProgress = input.name === 'task:progress';
  const status = given === '' && !isProgress ? byName : given;
  const draft = beginUpdate(tasks, id, id, input, { status, ifNone: isProgress ? byName : '', isProgress });
  if (!draft) return;
  const { entity, changed } = draft;
  setOwners(entity, input);
  if (typeof input.data.progress === 'number') entity.progress = input.data.progress;
  mergeBounded(entity, 'data', input.data);
  if (changed || !isProgress) entity.changes = withChange(entity.changes, input, changed ? entity.status : status);
  commitUpdate(tasks, draft, input);
}

/** Removes the task, unless it was changed after the deletion. */
export function deleteTask(tasks: Tasks, input: ReductionInput): void {
  const entity = tasks.get(input.taskId);
  if (entity && !isStale(entity, input)) tasks.remove(input.taskId);
}

/** Removes all tasks of the event's project, or all tasks if it has none, except those changed after the reset. */
export function resetTasks(tasks: Tasks, input: ReductionInput): void {
  for (const [id, entity] of tasks.byKey) {
    const isAffected = input.projectId === '' || input.projectId === entity.project_id;
    if (isAffected && !isStale(entity, input)) tasks.remove(id);
  }
}

function withChange(
  changes: TaskChange[] | undefined,
  { name, timestamp, timeMs, received, source }: ReductionInput,
  status = '',
): TaskChange[] {
  const change: TaskChange = { event: name, timestamp, received };
  if (status !== '') change.status = status;
  if (timeMs === null) change.undated = true;
  if (source !== '') change.source = source;
  if (!changes) return [change];
  const first = changes.slice(0, 1);
  return [...first, ...changes.slice(1).slice(2 - maxChanges), change];
}
