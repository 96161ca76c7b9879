import type { TaskEntity } from 'cecelia-client';
import { useMemo } from 'react';
import { ActionBar } from '../../../features/actions/action-bar';
import { routeHref, useRoute } from '../../../features/navigation/route';
import { taskTarget } from './task-target';

/** The actions for a task. */
export function TaskActions({ task }: { readonly task: TaskEntity }) {
  const route = useRoute();
  const target = useMemo(() => taskTarget(task), [task]);
  return <ActionBar target={target} hrefOf={(execution) => routeHref({ ...route, view: 'executions', execution, task: null })} />;
}
