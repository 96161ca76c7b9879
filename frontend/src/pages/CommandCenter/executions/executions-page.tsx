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
import { formatDuration, formatPercent, formatShortCount } from '../../../format/format-time';
import { published } from '../../../format/text-language';
import { t, Text } from '../../../i18n/messages';
import { publishCommand, ExampleCommands } from '../components/example-commands';
import { ConnectionFallback } from '../../../features/connection/connection-fallback';
import { useThrottledVersion } from '../../../features/relay/use-throttled-version';
import { VirtualList } from '../../../components/virtual-list';
import { useRowHeight } from '../feed/use-row-height';
import layout from '../page.module.css';
import { listExecutions, type ExecutionSummary } from './execution-list';
import styles from './executions-page.module.css';

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
  const isAll = dropped === 0 || query !== '';
  return (
    <div className={layout.page}>
      <header className={layout.header}>
        <h1>{t('executions.title')}</h1>
        <p>
          {(view.hasState || all.length > 0) &&
            (isAll
              ? t('executions.count', { count: executions.length, running, uncertain })
              : t('executions.count.part', { shown: executions.length, count: executions.length + dropped, running, uncertain }))}
        </p>
        <SearchField value={search} onChange={setSearch} placeholder={t('executions.search.hint')} label={t('executions.search')} />
      </header>
      <section className={`${layout.fill ?? ''} ${styles.executions ?? ''}`} aria-label={t('executions.title')}>
        {all.length === 0 ? (
          <ConnectionFallback>
            {view.hasState ? <NoExecutions project={route.project} /> : <EmptyState title={t('executions.loading')} icon={Workflow} />}
          </ConnectionFallback>
        ) : executions.length === 0 ? (
          <EmptyState title={t('executions.none.matching')} icon={Workflow}>
            <p className={buttons.below}>
              <button type="button" className={buttons.button} onClick={() => setSearch('')}>
                {t('common.search.clear')}
              </button>
            </p>
          </EmptyState>
        ) : (
          <VirtualList
            label={t('executions.title')}
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
    <EmptyState title={t('executions.none')} icon={Workflow}>
      {project !== null ? (
        <Text id="executions.none.project" values={{ project, name: (content) => <span translate="no">{content}</span> }} />
      ) : (
        <>
          <p>
            <Text id="executions.none.start" values={{ code: (content) => <code translate="no">{content}</code> }} />
          </p>
          <ExampleCommands
            commands={[publishCommand({ event: 'execution:started', execution_id: 'e1', data: { message: t('executions.none.example') } })]}
          />
        </>
      )}
    </EmptyState>
  );
}

function ExecutionRow({ execution, route }: { readonly execution: ExecutionSummary; readonly route: Route }) {
  const isFinished = hasEnded(execution.status);
  const about = [execution.project, execution.message].filter(Boolean).join(' · ');
  const silentSince = useSilentSince('executions', execution.id);
  return (
    <a className={styles.execution} href={routeHref({ ...route, execution: execution.id })}>
      <StatusBadge status={execution.status} isUncertain={execution.isUncertain} />
      <span className={styles.id} {...published(about)}>
        <b>{execution.id}</b>
        <small>{about}</small>
      </span>
      <span className={styles.progress}>
        {execution.progress !== undefined && (
          <>
            <ProgressBar value={execution.progress} status={execution.status} label={t('common.progress.of', { name: execution.id })} />
            <span>{formatPercent(execution.progress)}</span>
          </>
        )}
      </span>
      <span className={styles.nodes}>
        {execution.nodes > 0 && <span>{t('executions.nodes', { done: execution.nodesDone, count: execution.nodes })}</span>}
        {execution.nodesFailed > 0 && <em>{` · ${t('executions.nodes.failed', { count: execution.nodesFailed })}`}</em>}
      </span>
      <span className={styles.tokens}>
        {execution.tokens !== undefined && t('executions.tokens', { count: formatShortCount(execution.tokens) })}
      </span>
      <span className={styles.time}>
        {silentSince !== null ? (
          <SilentSince since={silentSince} />
        ) : execution.durationMs !== null && isFinished ? (
          t('execution.took', { duration: formatDuration(execution.durationMs) })
        ) : !isFinished && execution.startedAt !== null && !execution.isUncertain ? (
          <Text id="execution.for" values={{ duration: <ElapsedTime at={execution.startedAt} /> }} />
        ) : (
          <RelativeTime at={execution.lastUpdatedAt} />
        )}
      </span>
    </a>
  );
}
