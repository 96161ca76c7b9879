import { RelayProvider, useRelay } from 'cecelia-client/react';
import { useMemo } from 'react';
import { pageToken } from '../../../features/access/token-store';
import { loadErrorText } from '../../../features/relay/load-error-text';
import { relaySentence } from '../../../features/relay/relay-reason';
import { RelaySentence } from '../../../features/relay/relay-sentence';
import { t } from '../../../i18n/messages';
import { useExecutionPast } from '../../../features/history/use-execution-past';
import { useThrottledVersion } from '../../../features/relay/use-throttled-version';
import { type ExecutionTask, tasksByExecution } from '../executions/execution-tasks';
import { ExecutionView } from './execution-view';

/**
 * The page of an execution. It uses a separate connection filtered by the execution, because not every event names the execution that it belongs to, and
 * because the page should not depend on the rate of other events.
 */
export function ExecutionPage({ executionId }: { readonly executionId: string }) {
  const filter = useMemo(() => ({ execution: executionId }), [executionId]);
  const task = useTaskOf(executionId);
  const past = useExecutionPast(executionId);
  return (
    <RelayProvider filter={filter} token={pageToken.provide} view={past.history}>
      {past.status === 'ready' ? (
        <ExecutionView executionId={executionId} task={task} />
      ) : (
        <p role="status">
          <span>
            {past.status === 'loading' ? t('history.execution.loading') : t('history.failed', { reason: loadErrorText(past.error) })}
          </span>
          {past.status === 'failed' && <RelaySentence text={relaySentence(past.error)} />}
        </p>
      )}
    </RelayProvider>
  );
}

/** Returns the task of the execution from the state of the whole page: a task may name its run without belonging to the execution. */
function useTaskOf(executionId: string): ExecutionTask | undefined {
  const { view } = useRelay();
  const version = useThrottledVersion('tasks', 1000);
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the section changes in place, the version changes with it
  return useMemo(() => tasksByExecution(view.sections.tasks).get(executionId), [view, executionId, version]);
}
