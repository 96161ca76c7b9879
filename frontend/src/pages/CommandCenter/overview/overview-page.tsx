import { useRelay } from 'cecelia-client/react';
import { type ReactNode } from 'react';
import { classNames } from '../../../components/class-names';
import unseen from '../../../components/visually-hidden.module.css';
import { ConnectionFallback } from '../../../features/connection/connection-fallback';
import { useRoute } from '../../../features/navigation/route';
import { t } from '../../../i18n/messages';
import { ExecutionStatusPanel } from '../components/ExecutionStatusPanel';
import { Failures } from './failures';
import { failuresSeen } from './failures-seen';
import { NoTasks } from './no-tasks';
import styles from './overview-page.module.css';
import type { Overview } from './overview-model';
import { type PanelName, panelId } from './panel-anchor';
import { Queue } from './queue';
import { Running } from './running';
import { SituationLine } from './situation-line';
import { Tiles } from './tiles';
import { TrendsPanel } from '../trends/trends-panel';
import { useOverview } from './use-overview';

/**
 * How the work is going: one sentence, failures, connection, slots, running and queued tasks. Everything comes from one computation, at most twice a second.
 */
export function OverviewPage() {
  const { view, live } = useRelay();
  const route = useRoute();
  const overview = useOverview(route.project);
  const { hasState, situation } = overview;
  // Ages have whole seconds, so that panels render once a second if nothing else changes.
  const at = Math.floor(overview.at / 1000) * 1000;
  return (
    <div className={classNames(styles.page, overview.isEmpty && styles.isEmpty)}>
      <h1 className={unseen.hidden}>{t('overview.title')}</h1>
      <div className={styles.situation}>
        <SituationLine
          situation={situation}
          at={overview.at}
          clockOffset={live.clockOffset}
          route={route}
          onSeen={view === live ? () => failuresSeen.set(lastKnown(overview)) : null}
        />
      </div>
      {!overview.isEmpty && (
        <Place name="failures">
          <Failures failures={overview.failures} notHeld={overview.failuresNotHeld} hasState={hasState} at={at} route={route} />
        </Place>
      )}
      <Place name="connection">
        <Tiles overview={overview} isNarrowed={route.project !== null} />
      </Place>
      {overview.isEmpty ? (
        <div className={styles.empty}>{hasState ? <NoTasks /> : <ConnectionFallback>{null}</ConnectionFallback>}</div>
      ) : (
        <>
          <Place name="slots">
            <ExecutionStatusPanel executors={overview.executors} at={at} isNarrowed={route.project !== null} />
          </Place>
          <Place name="trends">
            <TrendsPanel />
          </Place>
          <Place name="running">
            <Running running={overview.running} silent={overview.silent} hasState={hasState} route={route} />
          </Place>
          <Place name="queue">
            <Queue queue={overview.queue} hasState={hasState} at={at} route={route} />
          </Place>
        </>
      )}
    </div>
  );
}

/** The time of the newest failure, or now if that is later: the clock of its publisher may be ahead. */
function lastKnown({ at, failures }: Overview): number {
  return failures.groups.reduce((latest, { last }) => Math.max(latest, last), at);
}

/** A place in the grid, which links of the sentence lead to. */
function Place({ name, children }: { readonly name: PanelName; readonly children: ReactNode }) {
  return (
    <div id={panelId(name)} className={styles[name]} tabIndex={-1}>
      {children}
    </div>
  );
}
