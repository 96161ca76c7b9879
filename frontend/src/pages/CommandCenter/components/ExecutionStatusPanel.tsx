import { CircleCheckBig, Coffee, ListChecks } from 'lucide-react';
import { memo } from 'react';
import { Ago, Elapsed } from '../../../components/ago';
import { Empty } from '../../../components/empty';
import { Panel } from '../../../components/panel';
import { ProgressBar } from '../../../components/progress-bar';
import { useRelay } from '../../../components/relay-context';
import { type Route, routeHref, useRoute } from '../../../components/route';
import { isUncertain, statusKind, statusWords } from '../../../components/status-kind';
import { StatusIcon, uncertainWords } from '../../../components/status-mark';
import { countWords, durationWords, momentOf, ofWords } from '../../../components/time-words';
import type { TaskEntity } from '../../../types/messages';
import { latestOutcomes } from '../board/latest-outcomes';
import { useSharedColumns, useSharedColumnsThrottled } from '../board/use-task-columns';
import { statusSince, taskDuration, taskError, taskProject, taskTitle } from '../task/task-facts';
import styles from './ExecutionStatusPanel.module.css';
import { Slots } from './slots';

/** How many of each are shown; the board has all. */
const shown = { active: 16, queue: 6, outcomes: 12 } as const;

/** What the executors do: their slots, what runs, what waits and what came of the last. All of it is pushed; nothing asks. */
export function ExecutionStatusPanel({ className }: { readonly className?: string | undefined }) {
  const { view } = useRelay();
  const columns = useSharedColumns();
  const route = useRoute();
  const { places: running, total: runningTotal, uncertain: uncertainRunning } = columns.column('running');
  const { places: queued, total: queuedTotal, uncertain: uncertainQueued } = columns.column('queued');
  const uncertain = uncertainRunning + uncertainQueued;
  const aside = [
    `${countWords(runningTotal - uncertainRunning)} running`,
    `${countWords(queuedTotal - uncertainQueued)} queued`,
    ...(uncertain === 0 ? [] : [`${countWords(uncertain)} uncertain`]),
  ].join(' · ');
  const titleOf = (title: string) => (view.hasState ? title : 'Waiting for data');
  return (
    <Panel title="Task execution" aside={view.hasState ? aside : undefined} className={className} flush>
      <Slots />
      <h3 className={styles.heading}>Active</h3>
      {running.length === 0 && (
        <Empty title={titleOf('No running tasks')} icon={Coffee} small>
          {queued.length > 0
            ? `${ofWords(queuedTotal, 'task is waiting', 'tasks are waiting')} for a slot.`
            : 'Running tasks show their progress here.'}
        </Empty>
      )}
      <ul className={styles.list}>
        {running.slice(0, shown.active).map(({ task }) => (
          <ActiveTask key={task.id} task={task} route={route} />
        ))}
      </ul>
      <More count={running.length - shown.active} route={route} />
      <h3 className={styles.heading}>
        <span>Next in queue</span> {view.hasState && <span>{countWords(queuedTotal)}</span>}
      </h3>
      {queued.length === 0 && <Empty title={titleOf('No queued tasks')} icon={ListChecks} small />}
      <ul className={styles.list}>
        {queued.slice(0, shown.queue).map(({ task }) => (
          <QueuedTask key={task.id} task={task} route={route} />
        ))}
      </ul>
      <More count={queued.length - shown.queue} route={route} />
      <h3 className={styles.heading}>Recently finished</h3>
      <Outcomes route={route} none={titleOf('No finished tasks yet')} />
    </Panel>
  );
}

const Outcomes = memo(function Outcomes({ route, none }: { readonly route: Route; readonly none: string }) {
  const outcomes = latestOutcomes(useSharedColumnsThrottled(), shown.outcomes);
  if (outcomes.length === 0) return <Empty title={none} icon={CircleCheckBig} small />;
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
  return (
    <li>
      <a className={styles.row} href={routeHref({ ...route, task: task.id })}>
        <StatusIcon status={task.status} isStill isUncertain={isUncertain(task)} />
        <span className={styles.title} translate="no">
          {title}
        </span>
        <span className={styles.meta}>{isUncertain(task) ? <LastHeard task={task} /> : <Elapsed at={statusSince(task)} />}</span>
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
            <LastHeard task={task} />
          ) : (
            <>
              <span>waiting</span> <Elapsed at={statusSince(task)} />
            </>
          )}
        </span>
      </a>
    </li>
  );
});

function LastHeard({ task }: { readonly task: TaskEntity }) {
  return (
    <span title={uncertainWords}>
      <span>uncertain, last updated</span> <Ago at={momentOf(task.received) ?? statusSince(task)} />
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
          <Ago at={statusSince(task)} />
        </span>
        <span className={error === undefined ? styles.more : styles.error} translate="no">
          {error ??
            [`${statusWords(task.status)}${duration === null ? '' : ` in ${durationWords(duration)}`}`, project]
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
      <a href={routeHref({ ...route, view: 'board', task: null })}>{`${countWords(count)} more on the board`}</a>
    </p>
  );
}
