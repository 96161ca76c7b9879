import { useMemo } from 'react';
import { RelayScope } from '../../../components/relay-scope';
import { RelayProvider } from '../../../hooks/RelayProvider';
import { RunView } from './run-view';

/**
 * A run, by a connection of its own that gets this run's events alone: what an event belongs to is not in all of them, and a page that looks at one run
 * should not depend on how much else goes on.
 */
export default function RunPage({ executionId }: { readonly executionId: string }) {
  const filter = useMemo(() => ({ execution: executionId }), [executionId]);
  return (
    <RelayProvider filter={filter}>
      <RelayScope>
        <RunView executionId={executionId} />
      </RelayScope>
    </RelayProvider>
  );
}
