import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import type { RelayConnection, Unsubscribe } from 'cecelia-client';
import { RelayProvider, useRelay } from 'cecelia-client/react';
import type { LiveView } from 'cecelia-client/state';
import { useEffect, useMemo, useState } from 'react';
import { ErrorBoundary } from '../components/error-boundary';
import { OperatorsOnly } from '../features/access/operators-only';
import { watchMessageLimit } from '../features/actions/message-limit';
import { AsOfNow } from '../features/history/as-of-now';
import { useMomentOfAddress, useTravel } from '../features/history/page-moment';
import { pastEventsOf } from '../features/history/past-events';
import { Present } from '../features/history/present';
import { useRoute } from '../features/navigation/route';
import { TaskColumns } from '../pages/CommandCenter/board/task-columns';
import { ColumnsContext } from '../pages/CommandCenter/board/use-task-columns';
import { t } from '../i18n/messages';
import { useLanguage, useTimeZone } from '../i18n/preferences';
import { OverviewPage } from '../pages/CommandCenter/overview/overview-page';
import { BoardPage } from '../pages/CommandCenter/board/board-page';
import { FeedPage } from '../pages/CommandCenter/feed/feed-page';
import { RefusedPage } from '../pages/CommandCenter/refused/refused-page';
import { ConnectionsPage } from '../pages/CommandCenter/connections/connections-page';
import { ExecutionsPage } from '../pages/CommandCenter/executions/executions-page';
import { TaskDrawer } from '../pages/CommandCenter/task/task-drawer';
import { WallPage } from '../pages/CommandCenter/wall/wall-page';
import { AccessGate } from './access-gate';
import { HelpDialog } from './help-dialog';
import { LastStateGate } from './last-state-gate';
import { Notifications } from './notifications';
import { pageConnection } from './page-connection';
import { PageStatus } from './page-status';
import { ExecutionPage, loadPartsWhenIdle, Palette } from './parts';
import { Shell } from './shell';
import { useShortcuts } from './shortcuts';

// The browser can report `offline` while the relay is reachable on this machine or network. Queries therefore always run, and run again after a reconnect.
const queries = new QueryClient({
  defaultOptions: {
    queries: { networkMode: 'always', refetchOnReconnect: false, retry: 1, refetchOnWindowFocus: true, staleTime: 1000 },
  },
});

/** Root component of the Command Center. */
export function App() {
  // With the key the views are rendered again. The connection and its state stay.
  const language = useLanguage();
  const zone = useTimeZone();
  const travel = useTravel();
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  return (
    <ErrorBoundary part={t('shell.part.page')}>
      <QueryClientProvider client={queries}>
        <RelayProvider connection={pageConnection} view={travel.status === 'past' ? travel.history : undefined}>
          <AccessGate>
            <LastStateGate>
              <CommandCenter key={`${language} ${zone}`} />
            </LastStateGate>
          </AccessGate>
        </RelayProvider>
      </QueryClientProvider>
    </ErrorBoundary>
  );
}

function CommandCenter() {
  const { connection, view, live } = useRelay();
  useEffect(() => pastEventsOf(live).start(connection), [connection, live]);
  useMomentOfAddress();
  useEffect(() => refetchAfterOutages(connection), [connection]);
  useEffect(() => watchMessageLimit(connection), [connection]);
  useEffect(loadPartsWhenIdle, []);
  const route = useRoute();
  const present = useProjectColumns(live, route.project);
  const past = useProjectColumns(view, route.project);
  // One computation serves both while the page shows the present.
  const columns = view === live ? present : past;
  return (
    <ColumnsContext value={columns}>
      <Present>
        <ColumnsContext value={present}>
          <PageStatus />
          <Notifications />
        </ColumnsContext>
      </Present>
      {route.wall ? (
        <ErrorBoundary part={t('shell.part.page')}>
          <WallPage />
        </ErrorBoundary>
      ) : (
        <Pages />
      )}
    </ColumnsContext>
  );
}

function useProjectColumns(view: LiveView, project: string | null): TaskColumns {
  return useMemo(() => {
    const created = new TaskColumns(view);
    created.filter(project, '');
    return created;
  }, [view, project]);
}

function Pages() {
  const route = useRoute();
  const [isHelpOpen, setHelpOpen] = useState(false);
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  useShortcuts(
    () => setHelpOpen(true),
    () => setPaletteOpen(true),
  );
  return (
    <>
      <Shell onHelp={() => setHelpOpen(true)} onPalette={() => setPaletteOpen(true)}>
        <ErrorBoundary key={`${route.view}/${route.execution ?? ''}`} part={t('shell.part.view')}>
          <View />
        </ErrorBoundary>
      </Shell>
      {route.task !== null && (
        <ErrorBoundary part={t('task.part')}>
          <TaskDrawer taskId={route.task} />
        </ErrorBoundary>
      )}
      <HelpDialog isOpen={isHelpOpen} onClose={() => setHelpOpen(false)} />
      {isPaletteOpen && (
        <ErrorBoundary part={t('palette.title')}>
          <Palette onClose={() => setPaletteOpen(false)} />
        </ErrorBoundary>
      )}
    </>
  );
}

/** Refetches active queries each time the connection becomes live again. */
function refetchAfterOutages(connection: Pick<RelayConnection, 'onState' | 'state'>): Unsubscribe {
  let wasLive = connection.state.status === 'live';
  return connection.onState(({ status }) => {
    if (status === 'live' && !wasLive) void queries.refetchQueries({ type: 'active' });
    wasLive = status === 'live';
  });
}

function View() {
  const { view, execution } = useRoute();
  switch (view) {
    case 'overview':
      return <OverviewPage />;
    case 'board':
      return <BoardPage />;
    case 'executions':
      if (execution === null) return <ExecutionsPage />;
      return <ExecutionPage executionId={execution} fallback={<p role="status">{t('execution.loading')}</p>} />;
    case 'feed':
      return <FeedPage />;
    case 'refused':
      return (
        <OperatorsOnly>
          <AsOfNow />
          <Present>
            <RefusedPage />
          </Present>
        </OperatorsOnly>
      );
    case 'connections':
      return (
        <OperatorsOnly>
          <AsOfNow />
          <Present>
            <ConnectionsPage />
          </Present>
        </OperatorsOnly>
      );
  }
}
