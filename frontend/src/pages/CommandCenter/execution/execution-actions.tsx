import { useMemo } from 'react';
import { ActionBar } from '../../../features/actions/action-bar';
import { routeHref, useRoute } from '../../../features/navigation/route';
import type { ExecutionSummary } from '../executions/execution-list';

/** The actions for the execution. */
export function ExecutionActions({ summary: { id, status, project } }: { readonly summary: ExecutionSummary }) {
  const route = useRoute();
  const target = useMemo(() => ({ kind: 'execution' as const, id, status, project }), [id, status, project]);
  return <ActionBar key={id} target={target} hrefOf={(execution) => routeHref({ ...route, view: 'executions', execution, task: null })} />;
}
