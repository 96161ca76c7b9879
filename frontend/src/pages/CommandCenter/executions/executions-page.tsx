import { useRelay } from 'cecelia-client/react';
import { Workflow } from 'lucide-react';
import { useMemo, useState } from 'react';
import { RelativeTime, ElapsedTime } from '../../../features/relay/relative-time';
import buttons from '../../../components/button.module.css';
import { EmptyState } from '../../../components/empty-state';
import { ProgressBar } from '../../../components/progress-bar';
import { type Route, routeHref, useRoute } from '../../../features/navigation/route';
import { SearchField } from '../../../components/search-field';
import { hasEnded } from '../../../format/status-kind';
import { SilentSince, useSilentSince } from '../../../features/silence/silent-badge';
import { StatusBadge } from '../../../components/status-badge';
import { formatCount, formatDuration, formatQuantity, formatShortCount } from '../../../format/format-time';
import { publishCommand, ExampleCommands } from '../components/example-commands';
import { ConnectionFallback } from '../../../features/connection/connection-fallback';
import { useThrottledVersion } from '../../../features/relay/use-throttled-version';
import { VirtualList } from '../../../components/virtual-list';
import { useRowHeight } from '../feed/use-row-height';
import layout from '../page.module.css';
import { listExecutions, type ExecutionSummary } from './execution-list';
import styles from './executions-page.module.css';

const examples = [publishCommand({ event: 'execution:started', execution_id: 'e1', data: { message: 'My first execution' } })];

/** All known executions, running ones first. */
export function ExecutionsPage() {
  const { view } = useRelay();
  const route = useRoute();
  const [search, setSearch] = useState('');
  const executionsVersion = useThrottledVersion('executions', 250);
  const nodesVersion = useThrottledVersion('nodes', 250);
  const rowHeight = Math.round(useRowHeight() * (innerWidth < 720 ? 1.6 : 1.65));
  const all = useMemo(
    () => listExecutions(view.sections, route.project),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the sections change in place, the versions change with them
    [view, route.project, executionsVersion, nodesVersion],
  );
  const query = search.trim().toLowerCase();
  const executions =
    query === ''
      ? all
      : all.filter((execution) => `${execution.id} ${execution.message ?? ''} ${execution.status ?? ''}`.toLowerCase().includes(query));
  const dropped = [...view.dropped('executions', route.project).values()].reduce((sum, count) => sum + count, 0);
  const uncertain = executions.filter((execution) => execution.isUncertain).length;
  const running = executions.filter((execution) => !hasEnded(execution.status)).length - uncertain;
  const shown =
    dropped === 0 || query !== ''
      ? formatQuantity(executions.length, 'execution')
      : `Showing ${formatCount(executions.length)} of ${formatQuantity(executions.length + dropped, 'execution')}`;
  return (
    <div className={layout.page}>
      <header className={layout.header}>
        <h1>Executions</h1>
        <p>
          {(view.hasState || all.length > 0) &&
            `${shown}, ${formatCount(running)} running${uncertain === 0 ? '' : `, ${formatCount(uncertain)} uncertain`}`}
        </p>
        <SearchField value={search} onChange={setSearch} placeholder="Search ID, message, status" label="Search executions" />
      </header>
      <section className={`${layout.fill ?? ''} ${styles.executions ?? ''}`} aria-label="Executions">
        {all.length === 0 ? (
          <ConnectionFallback>
            {view.hasState ? <NoExecutions project={route.project} /> : <EmptyState title="Loading executions" icon={Workflow} />}
          </ConnectionFallback>
        ) : executions.length === 0 ? (
          <EmptyState title="No matching executions" icon={Workflow}>
            <p className={buttons.below}>
              <button type="button" className={buttons.button} onClick={() => setSearch('')}>
                Clear search
              </button>
            </p>
          </EmptyState>
        ) : (
          <VirtualList
            label="Executions"
            count={executions.length}
            keyOf={(index) => executions[index]?.id ?? index}
            rowHeight={rowHeight}
            anchored
          >
            {(index) => {
              const execution = executions[index];
              return execution === undefined ? null : <ExecutionRow execution={execution} route={route} />;
            }}
          </VirtualList>
        )}
      </section>
    </div>
  );
}

function NoExecutions({ project }: { readonly project: string | null }) {
  return (
    <EmptyState title="No executions yet" icon={Workflow}>
      {project !== null ? (
        `There are no executions in project ${project}.`
      ) : (
        <>
          <p>
            An execution appears with the first event that has an <code>execution_id</code>. To start one:
          </p>
          <ExampleCommands commands={examples} />
        </>
      )}
    </EmptyState>
  );
}

function ExecutionRow({ execution, route }: { readonly execution: ExecutionSummary; readonly route: Route }) {
  const isFinished = hasEnded(execution.status);
  const silentSince = useSilentSince('executions', execution.id);
  return (
    <a className={styles.execution} href={routeHref({ ...route, execution: execution.id })}>
      <StatusBadge status={execution.status} isUncertain={execution.isUncertain} />
      <span className={styles.id} translate="no">
        <b>{execution.id}</b>
        <small>{[execution.project, execution.message].filter(Boolean).join(' · ')}</small>
      </span>
      <span className={styles.progress}>
        {execution.progress !== undefined && (
          <>
            <ProgressBar value={execution.progress} status={execution.status} label={`Progress of ${execution.id}`} />
            <span>{`${Math.round(execution.progress)}%`}</span>
          </>
        )}
      </span>
      <span className={styles.nodes}>
        {execution.nodes > 0 && <span>{`${execution.nodesDone}/${execution.nodes} nodes`}</span>}
        {execution.nodesFailed > 0 && <em>{` · ${execution.nodesFailed} failed`}</em>}
      </span>
      <span className={styles.tokens}>{execution.tokens !== undefined && `${formatShortCount(execution.tokens)} tokens`}</span>
      <span className={styles.time}>
        {silentSince !== null ? (
          <SilentSince since={silentSince} />
        ) : execution.durationMs !== null && isFinished ? (
          `took ${formatDuration(execution.durationMs)}`
        ) : !isFinished && execution.startedAt !== null && !execution.isUncertain ? (
          <>
            <span>for</span> <ElapsedTime at={execution.startedAt} />
          </>
        ) : (
          <RelativeTime at={execution.lastUpdatedAt} />
        )}
      </span>
    </a>
  );
}
