import type { TaskChange, TaskEntity } from '../types/messages';
import type { Arrival } from './arrival';
import type { EntityTable } from './entity-table';
import { merge } from './kept-values';
import { begin, end, isStale, setOwners } from './reduction';
import { statusOf } from './wire-text';

type Tasks = EntityTable<TaskEntity>;

/** Entries of a task's history: the first, and the newest of the others. */
const maxChanges = 32;

/** `byName` is the status that the event's name stands for; empty: none. */
export function reduceTask(tasks: Tasks, arrival: Arrival, { byName = '', known = true }): void {
  const id = arrival.taskId;
  if (id === '') return;
  const given = statusOf(arrival.data.status);
  // A name that nobody knows is about the task only if it says so, by a status or by a task that is known.
  if (!known && given === '' && tasks.get(id) === undefined) return;

  const isProgress = arrival.name === 'task:progress';
  const status = given === '' && !isProgress ? byName : given;
  const draft = begin(tasks, id, id, arrival, { status, ifNone: isProgress ? byName : '', isProgress });
  if (!draft) return;
  const { entity, changed } = draft;
  setOwners(entity, arrival);
  if (typeof arrival.data.progress === 'number') entity.progress = arrival.data.progress;
  merge(entity, 'data', arrival.data);
  if (changed || !isProgress) entity.changes = withChange(entity.changes, arrival, changed ? entity.status : status);
  end(tasks, draft, arrival);
}

/** The task is gone, unless it was changed after it was deleted. */
export function deleteTask(tasks: Tasks, arrival: Arrival): void {
  const entity = tasks.get(arrival.taskId);
  if (entity && !isStale(entity, arrival)) tasks.remove(arrival.taskId);
}

/** All tasks of the event's project are gone, or all there are when it names none; but not those changed after the reset. */
export function resetTasks(tasks: Tasks, arrival: Arrival): void {
  for (const [id, entity] of tasks.byKey) {
    const isMeant = arrival.projectId === '' || arrival.projectId === entity.project_id;
    if (isMeant && !isStale(entity, arrival)) tasks.remove(id);
  }
}

function withChange(changes: TaskChange[] | undefined, { name, timestamp, timeMs, received, source }: Arrival, status = ''): TaskChange[] {
  const change: TaskChange = { event: name, timestamp, received };
  if (status !== '') change.status = status;
  if (timeMs === null) change.undated = true;
  if (source !== '') change.source = source;
  if (!changes) return [change];
  const first = changes.slice(0, 1);
  return [...first, ...changes.slice(1).slice(2 - maxChanges), change];
}
