import { Workflow } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Ago, Elapsed } from '../../../components/ago';
import buttons from '../../../components/button.module.css';
import { Empty } from '../../../components/empty';
import { ProgressBar } from '../../../components/progress-bar';
import { useRelay } from '../../../components/relay-context';
import { type Route, routeHref, useRoute } from '../../../components/route';
import { SearchField } from '../../../components/search-field';
import { hasEnded } from '../../../components/status-kind';
import { StatusMark } from '../../../components/status-mark';
import { countWords, durationWords, ofWords, shortCountWords } from '../../../components/time-words';
import { publishCommand, TryCommands } from '../../../components/try-commands';
import { Unreached } from '../../../components/unreached';
import { useThrottledVersion } from '../../../components/use-throttled-version';
import { VirtualList } from '../../../components/virtual-list';
import { useRowHeight } from '../feed/use-row-height';
import layout from '../page.module.css';
import { runList, type RunSummary } from './run-list';
import styles from './runs-page.module.css';

const tries = [publishCommand({ event: 'execution:started', execution_id: 'e1', data: { message: 'My first execution' } })];

/** Every run that is known, those under way first. */
export function RunsPage() {
  const { view } = useRelay();
  const route = useRoute();
  const [search, setSearch] = useState('');
  const executions = useThrottledVersion('executions', 250);
  const nodes = useThrottledVersion('nodes', 250);
  const rowHeight = Math.round(useRowHeight() * (innerWidth < 720 ? 1.6 : 1.65));
  const all = useMemo(
    () => runList(view.sections, route.project),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the sections change in place, the versions change with them
    [view, route.project, executions, nodes],
  );
  const wanted = search.trim().toLowerCase();
  const runs =
    wanted === '' ? all : all.filter((run) => `${run.id} ${run.message ?? ''} ${run.status ?? ''}`.toLowerCase().includes(wanted));
  const dropped = [...view.dropped('executions', route.project).values()].reduce((sum, count) => sum + count, 0);
  const uncertain = runs.filter((run) => run.isUncertain).length;
  const running = runs.filter((run) => !hasEnded(run.status)).length - uncertain;
  const shown =
    dropped === 0 || wanted !== ''
      ? ofWords(runs.length, 'execution')
      : `Showing ${countWords(runs.length)} of ${ofWords(runs.length + dropped, 'execution')}`;
  return (
    <div className={layout.page}>
      <header className={layout.header}>
        <h1>Executions</h1>
        <p>{`${shown}, ${countWords(running)} running${uncertain === 0 ? '' : `, ${countWords(uncertain)} uncertain`}`}</p>
        <SearchField value={search} onChange={setSearch} placeholder="Search ID, message, status" label="Search executions" />
      </header>
      <section className={`${layout.fill ?? ''} ${styles.runs ?? ''}`} aria-label="Executions">
        {all.length === 0 ? (
          <Unreached>{view.hasState ? <NoRuns project={route.project} /> : <Empty title="Loading executions" icon={Workflow} />}</Unreached>
        ) : runs.length === 0 ? (
          <Empty title="No matching executions" icon={Workflow}>
            <p className={buttons.below}>
              <button type="button" className={buttons.button} onClick={() => setSearch('')}>
                Clear search
              </button>
            </p>
          </Empty>
        ) : (
          <VirtualList label="Executions" count={runs.length} keyOf={(index) => runs[index]?.id ?? index} rowHeight={rowHeight} anchored>
            {(index) => {
              const run = runs[index];
              return run === undefined ? null : <RunRow run={run} route={route} />;
            }}
          </VirtualList>
        )}
      </section>
    </div>
  );
}

function NoRuns({ project }: { readonly project: string | null }) {
  return (
    <Empty title="No executions yet" icon={Workflow}>
      {project !== null ? (
        `There are no executions in project ${project}.`
      ) : (
        <>
          <p>
            An execution appears with the first event that has an <code>execution_id</code>. To start one:
          </p>
          <TryCommands commands={tries} />
        </>
      )}
    </Empty>
  );
}

function RunRow({ run, route }: { readonly run: RunSummary; readonly route: Route }) {
  const isOver = hasEnded(run.status);
  return (
    <a className={styles.run} href={routeHref({ ...route, run: run.id })}>
      <StatusMark status={run.status} isUncertain={run.isUncertain} />
      <span className={styles.id} translate="no">
        <b>{run.id}</b>
        <small>{[run.project, run.message].filter(Boolean).join(' · ')}</small>
      </span>
      <span className={styles.progress}>
        {run.progress !== undefined && (
          <>
            <ProgressBar value={run.progress} status={run.status} label={`Progress of ${run.id}`} />
            <span>{`${Math.round(run.progress)}%`}</span>
          </>
        )}
      </span>
      <span className={styles.nodes}>
        {run.nodes > 0 && <span>{`${run.nodesDone}/${run.nodes} nodes`}</span>}
        {run.nodesFailed > 0 && <em>{` · ${run.nodesFailed} failed`}</em>}
      </span>
      <span className={styles.tokens}>{run.tokens !== undefined && `${shortCountWords(run.tokens)} tokens`}</span>
      <span className={styles.time}>
        {run.took !== null && isOver ? (
          `took ${durationWords(run.took)}`
        ) : !isOver && run.began !== null && !run.isUncertain ? (
          <>
            <span>for</span> <Elapsed at={run.began} />
          </>
        ) : (
          <Ago at={run.heard} />
        )}
      </span>
    </a>
  );
}
