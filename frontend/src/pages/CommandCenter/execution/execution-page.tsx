import { RelayProvider } from 'cecelia-client/react';
import { useMemo } from 'react';
import { pageToken } from '../../../features/access/token-store';
import { ExecutionView } from './execution-view';

/**
 * The page of an execution. It uses a separate connection filtered by the execution, because not every event names the execution that it belongs to, and
 * because the page should not depend on the rate of other events.
 */
export default function ExecutionPage({ executionId }: { readonly executionId: string }) {
  const filter = useMemo(() => ({ execution: executionId }), [executionId]);
  return (
    <RelayProvider filter={filter} token={pageToken.provide}>
      <ExecutionView executionId={executionId} />
    </RelayProvider>
  );
}
