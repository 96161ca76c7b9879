import { useRelay } from 'cecelia-client/react';
import { Workflow } from 'lucide-react';
import { useMemo } from 'react';
import buttons from '../../../components/button.module.css';
import { EmptyState } from '../../../components/empty-state';
import { useSelection } from '../../../features/actions/selection';
import { useAllowedActions } from '../../../features/actions/use-actions';
import { ExportMenu } from '../../../features/export/export-menu';
import { useRoute, useShown } from '../../../features/navigation/route';
import { SearchField } from '../../../components/search-field';
import { t, Text } from '../../../i18n/messages';
import { publishCommand, ExampleCommands } from '../components/example-commands';
import { ConnectionFallback } from '../../../features/connection/connection-fallback';
import { useNow } from '../../../features/relay/page-clock';
import { useThrottledVersion } from '../../../features/relay/use-throttled-version';
import layout from '../page.module.css';
import { listExecutions } from './execution-list';
import { ExecutionActions } from './execution-selection';
import { executionGroups, executionTable, type ExecutionQuery, sortOf, sortText } from './execution-table';
import { tasksByExecution } from './execution-tasks';
import { ExecutionFilter } from './execution-filter';
import { ExecutionsTable, SortSelect } from './executions-table';
import { shownExecutions } from './shown-executions';
import styles from './executions-page.module.css';

const showAll: ExecutionQuery = { search: '', group: null, sort: null };

/** All known executions as a table, running ones first. */
export function ExecutionsPage() {
  const { view } = useRelay();
  const route = useRoute();
  const [search, setSearch] = useShown('search');
  const [status, setStatus] = useShown('status');
  const [sort, setSort] = useShown('sort');
  const query = useMemo(
    (): ExecutionQuery => ({ search, group: executionGroups.find((name) => name === status) ?? null, sort: sortOf(sort) }),
    [search, status, sort],
  );
  const setQuery = (next: ExecutionQuery) => {
    setSearch(next.search);
    setStatus(next.group ?? '');
    setSort(sortText(next.sort));
  };
  const executionsVersion = useThrottledVersion('executions', 250);
  const nodesVersion = useThrottledVersion('nodes', 250);
  const now = useNow();
  const selected = useSelection();
  const selection = useAllowedActions().length > 0 ? selected : null;
  const tasksVersion = useThrottledVersion('tasks', 1000);
  const all = useMemo(
    () => listExecutions(view.sections, route.project),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the sections change in place, the versions change with them
    [view, route.project, executionsVersion, nodesVersion],
  );
  // eslint-disable-next-line react-hooks/exhaustive-deps -- as above
  const tasks = useMemo(() => tasksByExecution(view.sections.tasks), [view, tasksVersion]);
  const { rows, counts } = useMemo(() => executionTable(all, tasks, query, now + view.clockOffset), [all, tasks, query, now, view]);
  const dropped = [...view.dropped('executions', route.project).values()].reduce((sum, count) => sum + count, 0);
  const found = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return (
    <div className={layout.page}>
      <header className={layout.header}>
        <h1>{t('executions.title')}</h1>
        <p>{(view.hasState || all.length > 0) && countText(rows.length, all.length + dropped)}</p>
        <SearchField
          value={query.search}
          onChange={(search) => setQuery({ ...query, search })}
          placeholder={t('executions.search.hint')}
          label={t('executions.search')}
        />
        {rows.length > 0 && <ExportMenu collect={() => shownExecutions(rows, dropped)} />}
      </header>
      {all.length > 0 && (
        <div className={styles.controls}>
          <ExecutionFilter counts={counts} count={found} group={query.group} onChange={(group) => setQuery({ ...query, group })} />
          <SortSelect sort={query.sort} onChange={(sort) => setQuery({ ...query, sort })} />
        </div>
      )}
      <ExecutionActions selection={selection} executions={all}>
        <section className={`${layout.fill ?? ''} ${styles.executions ?? ''}`} aria-label={t('executions.title')}>
          {all.length === 0 ? (
            <ConnectionFallback>
              {view.hasState ? <NoExecutions project={route.project} /> : <EmptyState title={t('executions.loading')} icon={Workflow} />}
            </ConnectionFallback>
          ) : rows.length === 0 ? (
            <EmptyState title={t('executions.none.matching')} icon={Workflow}>
              <p className={buttons.below}>
                <button type="button" className={buttons.button} onClick={() => setQuery({ ...showAll, sort: query.sort })}>
                  {t('executions.filter.clear')}
                </button>
              </p>
            </EmptyState>
          ) : (
            <ExecutionsTable rows={rows} route={route} sort={query.sort} onSort={(sort) => setQuery({ ...query, sort })} />
          )}
        </section>
      </ExecutionActions>
    </div>
  );
}

function countText(shown: number, count: number): string {
  return shown === count ? t('executions.count', { count }) : t('executions.count.part', { shown, count });
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
