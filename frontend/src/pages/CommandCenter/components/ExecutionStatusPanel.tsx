import type { TaskEntity } from 'cecelia-client';
import { useRelay } from 'cecelia-client/react';
import { CircleCheckBig, Coffee, ListChecks } from 'lucide-react';
import { memo } from 'react';
import { RelativeTime, ElapsedTime } from '../../../features/relay/relative-time';
import { EmptyState } from '../../../components/empty-state';
import { Panel } from '../../../components/panel';
import { ProgressBar } from '../../../components/progress-bar';
import { type Route, routeHref, useRoute } from '../../../features/navigation/route';
import { isUncertain, statusKind, formatStatus } from '../../../format/status-kind';
import { SilentSince, useSilentSince } from '../../../features/silence/silent-badge';
import { StatusIcon, uncertainText } from '../../../components/status-badge';
import { formatCount, formatDuration, parseTimestamp, formatQuantity } from '../../../format/format-time';
import { latestOutcomes } from '../board/latest-outcomes';
import { useSharedColumns, useSharedColumnsThrottled } from '../board/use-task-columns';
import { statusSince, taskDuration, taskError, taskProject, taskTitle } from '../task/task-facts';
import styles from './ExecutionStatusPanel.module.css';
import { Slots } from './slots';

/** Maximum number of rows per list. The board shows all tasks. */
const maxRows = { active: 16, queue: 6, outcomes: 12 } as const;

/** Executor slots, running and queued tasks, and recently finished tasks. All data is pushed; nothing is polled. */
export function ExecutionStatusPanel({ className }: { readonly className?: string | undefined }) {
  const { view } = useRelay();
  const columns = useSharedColumns();
  const route = useRoute();
  const { entries: running, total: runningTotal, uncertain: uncertainRunning } = columns.column('running');
  const { entries: queued, total: queuedTotal, uncertain: uncertainQueued } = columns.column('queued');
  const uncertain = uncertainRunning + uncertainQueued;
  const aside = [
    `${formatCount(runningTotal - uncertainRunning)} running`,
    `${formatCount(queuedTotal - uncertainQueued)} queued`,
    ...(uncertain === 0 ? [] : [`${formatCount(uncertain)} uncertain`]),
  ].join(' · ');
  const titleOf = (title: string) => (view.hasState ? title : 'Waiting for data');
  return (
    <Panel title="Task execution" aside={view.hasState ? aside : undefined} className={className} flush>
      <Slots />
      <h3 className={styles.heading}>Active</h3>
      {running.length === 0 && (
        <EmptyState title={titleOf('No running tasks')} icon={Coffee} small>
          {queued.length > 0
            ? `${formatQuantity(queuedTotal, 'task is waiting', 'tasks are waiting')} for a slot.`
            : 'Running tasks show their progress here.'}
        </EmptyState>
      )}
      <ul className={styles.list}>
        {running.slice(0, maxRows.active).map(({ task }) => (
          <ActiveTask key={task.id} task={task} route={route} />
        ))}
      </ul>
      <More count={running.length - maxRows.active} route={route} />
      <h3 className={styles.heading}>
        <span>Next in queue</span> {view.hasState && <span>{formatCount(queuedTotal)}</span>}
      </h3>
      {queued.length === 0 && <EmptyState title={titleOf('No queued tasks')} icon={ListChecks} small />}
      <ul className={styles.list}>
        {queued.slice(0, maxRows.queue).map(({ task }) => (
          <QueuedTask key={task.id} task={task} route={route} />
        ))}
      </ul>
      <More count={queued.length - maxRows.queue} route={route} />
      <h3 className={styles.heading}>Recently finished</h3>
      <Outcomes route={route} none={titleOf('No finished tasks yet')} />
    </Panel>
  );
}

const Outcomes = memo(function Outcomes({ route, none }: { readonly route: Route; readonly none: string }) {
  const outcomes = latestOutcomes(useSharedColumnsThrottled(), maxRows.outcomes);
  if (outcomes.length === 0) return <EmptyState title={none} icon={CircleCheckBig} small />;
  return (
    <ul className={styles.list}>
      {outcomes.map((task) => (
        <Outcome key={task.id} task={task} route={route} />
      ))}
    </ul>
  );
});

interface TaskRowProps {
  readonly task: TaskEntity;
  readonly route: Route;
}

const ActiveTask = memo(function ActiveTask({ task, route }: TaskRowProps) {
  const title = taskTitle(task);
  const silentSince = useSilentSince('tasks', task.id);
  return (
    <li>
      <a className={styles.row} href={routeHref({ ...route, task: task.id })}>
        <StatusIcon status={task.status} isStill isUncertain={isUncertain(task)} />
        <span className={styles.title} translate="no">
          {title}
        </span>
        <span className={styles.meta}>
          {silentSince !== null ? (
            <SilentSince since={silentSince} />
          ) : isUncertain(task) ? (
            <LastUpdated task={task} />
          ) : (
            <ElapsedTime at={statusSince(task)} />
          )}
        </span>
        <span className={styles.bar}>
          <ProgressBar value={task.progress} status={task.status} label={`Progress of ${title}`} />
          <span>{task.progress === undefined ? '' : `${Math.round(task.progress)}%`}</span>
        </span>
      </a>
    </li>
  );
});

const QueuedTask = memo(function QueuedTask({ task, route }: TaskRowProps) {
  return (
    <li>
      <a className={styles.row} href={routeHref({ ...route, task: task.id })}>
        <StatusIcon status={task.status} isStill isUncertain={isUncertain(task)} />
        <span className={styles.title} translate="no">
          {taskTitle(task)}
        </span>
        <span className={styles.meta}>
          {isUncertain(task) ? (
            <LastUpdated task={task} />
          ) : (
            <>
              <span>waiting</span> <ElapsedTime at={statusSince(task)} />
            </>
          )}
        </span>
      </a>
    </li>
  );
});

function LastUpdated({ task }: { readonly task: TaskEntity }) {
  return (
    <span title={uncertainText()}>
      <span>uncertain, last updated</span> <RelativeTime at={parseTimestamp(task.received) ?? statusSince(task)} />
    </span>
  );
}

export const Outcome = memo(function Outcome({ task, route }: TaskRowProps) {
  const duration = taskDuration(task);
  const error = statusKind(task.status) === 'failed' ? (taskError(task) ?? 'No error message') : undefined;
  const project = taskProject(task);
  return (
    <li>
      <a className={styles.row} href={routeHref({ ...route, task: task.id })}>
        <StatusIcon status={task.status} isStill isAlone={error !== undefined} />
        <span className={styles.title} translate="no">
          {taskTitle(task)}
        </span>
        <span className={styles.meta}>
          <RelativeTime at={statusSince(task)} />
        </span>
        <span className={error === undefined ? styles.more : styles.error} translate="no">
          {error ??
            [`${formatStatus(task.status)}${duration === null ? '' : ` in ${formatDuration(duration)}`}`, project]
              .filter(Boolean)
              .join(' · ')}
        </span>
      </a>
    </li>
  );
});

function More({ count, route }: { readonly count: number; readonly route: Route }) {
  if (count <= 0) return null;
  return (
    <p className={styles.rest}>
      <a href={routeHref({ ...route, view: 'board', task: null })}>{`${formatCount(count)} more on the board`}</a>
    </p>
  );
}
