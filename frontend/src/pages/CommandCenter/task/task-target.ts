import type { TaskEntity } from 'cecelia-client';
import type { ActionTarget } from '../../../features/actions/actions';
import { taskProject } from './task-facts';

/** Returns a task as a target of actions. */
export function taskTarget(task: TaskEntity): ActionTarget {
  return { kind: 'task', id: task.id, status: task.status, project: taskProject(task), executionId: task.execution_id };
}
