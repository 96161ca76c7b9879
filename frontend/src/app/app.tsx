import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { ErrorBoundary } from '../components/error-boundary';
import { useRelay } from '../components/relay-context';
import { RelayScope } from '../components/relay-scope';
import { useRoute } from '../components/route';
import { RelayProvider } from '../hooks/RelayProvider';
import { BoardPage } from '../pages/CommandCenter/board/board-page';
import { TaskColumns } from '../pages/CommandCenter/board/task-columns';
import { ColumnsContext } from '../pages/CommandCenter/board/use-task-columns';
import { FeedPage } from '../pages/CommandCenter/feed/feed-page';
import { OverviewPage } from '../pages/CommandCenter/overview/overview-page';
import { RefusedPage } from '../pages/CommandCenter/refused/refused-page';
import { RunsPage } from '../pages/CommandCenter/runs/runs-page';
import { TaskDrawer } from '../pages/CommandCenter/task/task-drawer';
import type { RelayConnection, Unsubscribe } from '../services/relay-connection';
import { HelpDialog } from './help-dialog';
import { Shell } from './shell';
import { useShortcuts } from './shortcuts';

// The graph and its layout are half of the program, and most readers never open a run.
const RunPage = lazy(() => import('../pages/CommandCenter/run/run-page'));

// The browser can report `offline` while the relay is reachable on this machine or network. Queries therefore always run, and run again after a reconnect.
const queries = new QueryClient({
  defaultOptions: {
    queries: { networkMode: 'always', refetchOnReconnect: false, retry: 1, refetchOnWindowFocus: true, staleTime: 1000 },
  },
});

/** The Command Center. */
export function App() {
  return (
    <ErrorBoundary part="The Command Center">
      <QueryClientProvider client={queries}>
        <RelayProvider url="./ws">
          <RelayScope>
            <CommandCenter />
          </RelayScope>
        </RelayProvider>
      </QueryClientProvider>
    </ErrorBoundary>
  );
}

function CommandCenter() {
  const { connection, view } = useRelay();
  useEffect(() => refetchAfterOutages(connection), [connection]);
  const route = useRoute();
  const [isHelpOpen, setHelpOpen] = useState(false);
  useShortcuts(() => setHelpOpen(true));
  const columns = useMemo(() => {
    const made = new TaskColumns(view);
    made.filter(route.project, '');
    return made;
  }, [view, route.project]);
  return (
    <ColumnsContext value={columns}>
      <Shell onHelp={() => setHelpOpen(true)}>
        <ErrorBoundary key={`${route.view}/${route.run ?? ''}`} part="This view">
          <View />
        </ErrorBoundary>
      </Shell>
      <TaskDrawer />
      <HelpDialog isOpen={isHelpOpen} onClose={() => setHelpOpen(false)} />
    </ColumnsContext>
  );
}

/** Asks again for what is shown, each time the connection is live after it was not. */
function refetchAfterOutages(connection: Pick<RelayConnection, 'onState' | 'state'>): Unsubscribe {
  let wasLive = connection.state.status === 'live';
  return connection.onState(({ status }) => {
    if (status === 'live' && !wasLive) void queries.refetchQueries({ type: 'active' });
    wasLive = status === 'live';
  });
}

function View() {
  const { view, run } = useRoute();
  switch (view) {
    case 'overview':
      return <OverviewPage />;
    case 'board':
      return <BoardPage />;
    case 'executions':
      if (run === null) return <RunsPage />;
      return (
        <Suspense fallback={<p role="status">Loading execution</p>}>
          <RunPage executionId={run} />
        </Suspense>
      );
    case 'feed':
      return <FeedPage />;
    case 'refused':
      return <RefusedPage />;
  }
}
