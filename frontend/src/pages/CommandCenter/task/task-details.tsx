import type { TaskEntity } from 'cecelia-client';
import { useRelay } from 'cecelia-client/react';
import { CircleHelp, CloudOff } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { RelativeTime, ElapsedTime } from '../../../features/relay/relative-time';
import { CopyButton } from '../../../components/copy-button';
import { EmptyState } from '../../../components/empty-state';
import { JsonView } from '../../../components/json-view';
import { ProgressBar } from '../../../components/progress-bar';
import { routeHref, useRoute } from '../../../features/navigation/route';
import { isUncertain, statusKind } from '../../../format/status-kind';
import { SilentBadge } from '../../../features/silence/silent-badge';
import { StatusBadge } from '../../../components/status-badge';
import { formatField } from '../../../format/format-value';
import { formatClock, formatDuration, parseTimestamp } from '../../../format/format-time';
import { eventPath, lastEventOf } from './event-path';
import { EventPathSteps } from './event-path-steps';
import { statusSince, taskDuration, taskError, taskProject, taskTitle, taskWorker } from './task-facts';
import styles from './task-drawer.module.css';
import { TaskTimeline } from './task-timeline';
import { useTask } from './use-task';

/** Status, history and data of a task, and the path of its last event. */
export function TaskDetails({ id }: { readonly id: string }) {
  const { view } = useRelay();
  const { task, live, isFromRelay, isUnknown, error, isLoading } = useTask(id);
  // The feed is searched only when the task changes, not with every event.
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the feed changes in place
  const entry = useMemo(() => lastEventOf(view.feed, id), [view, id, live]);
  if (task === undefined) {
    if (isLoading) return <TaskSkeleton />;
    if (isUnknown) {
      return (
        <EmptyState title={`Task ${id} not found`} icon={CircleHelp}>
          The relay has no task with this ID. Finished tasks are kept for a limited time.
        </EmptyState>
      );
    }
    return (
      <EmptyState title="Failed to load the task" icon={CloudOff}>
        {error?.message}
      </EmptyState>
    );
  }
  return (
    <>
      <header className={styles.header}>
        <p className={styles.status}>
          <StatusBadge status={task.status} isUncertain={isUncertain(task)} />
          <SilentBadge section="tasks" id={id} />
          <span>
            <Running task={task} />
          </span>
        </p>
        <h2 translate="no">{taskTitle(task)}</h2>
        <p className={styles.id}>
          <code translate="no">{task.id}</code>
          <CopyButton text={task.id} label="Copy ID" />
        </p>
      </header>
      <div className={styles.body}>
        {(task.progress !== undefined || statusKind(task.status) === 'running') && (
          <div className={styles.progress}>
            <ProgressBar value={task.progress} status={task.status} label="Progress" />
            <span>{task.progress === undefined ? '' : `${Math.round(task.progress)}%`}</span>
          </div>
        )}
        {taskError(task) !== undefined && (
          <p className={styles.error} translate="no">
            {taskError(task)}
          </p>
        )}
        <Facts task={task} />
        <section aria-labelledby="task-timeline">
          <h3 id="task-timeline">Timeline</h3>
          <TaskTimeline task={task} />
        </section>
        <section aria-labelledby="task-path">
          <h3 id="task-path">Last event</h3>
          <EventPathSteps path={eventPath(task, isFromRelay, entry)} />
          <p className={styles.source}>
            {isFromRelay
              ? 'Source: the relay. Updated when the task changes.'
              : isUnknown
                ? 'The relay no longer has this task. Showing the last state that this page received.'
                : `Source: the state of this page${error === null ? '' : ` (${error.message})`}.`}
          </p>
        </section>
        <section aria-labelledby="task-data">
          <h3 id="task-data">Data</h3>
          <JsonView value={task.data ?? {}} label="task data" />
          {task.truncated === true && (
            <p className={styles.source}>Some values are omitted because they were too large for the relay to keep.</p>
          )}
        </section>
      </div>
    </>
  );
}

function Running({ task }: { readonly task: TaskEntity }) {
  const since = statusSince(task);
  const duration = taskDuration(task);
  if (duration !== null) {
    return (
      <>
        <span>{`took ${formatDuration(duration)}, ended `}</span>
        <RelativeTime at={since} />
      </>
    );
  }
  if (isUncertain(task)) {
    return (
      <>
        <span>last updated </span>
        <RelativeTime at={parseTimestamp(task.received) ?? since} />
      </>
    );
  }
  return (
    <>
      <span>for </span>
      <ElapsedTime at={since} />
    </>
  );
}

function Facts({ task }: { readonly task: TaskEntity }) {
  const route = useRoute();
  const runId = formatField(task.data, 'runId');
  const execution = task.execution_id;
  const facts: readonly (readonly [string, ReactNode])[] = [
    ['Project', taskProject(task)],
    ['Worker', taskWorker(task)],
    ['Publisher', task.seq === undefined ? task.source : `${task.source ?? ''}, seq ${formatField(task, 'seq') ?? ''}`],
    ['Run', runId],
    [
      'Execution',
      execution === undefined ? undefined : <a href={routeHref({ ...route, view: 'executions', execution: execution })}>{execution}</a>,
    ],
    ['Description', formatField(task.data, 'description')],
    ['Status since', formatClock(statusSince(task))],
  ];
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) =>
        value === undefined ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd translate="no">{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

function TaskSkeleton() {
  return (
    <div className={styles.skeleton} role="status" aria-label="Loading task">
      <div />
      <div />
      <div />
    </div>
  );
}
