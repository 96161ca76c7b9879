import { CircleHelp, CloudOff } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { Ago, Elapsed } from '../../../components/ago';
import { CopyButton } from '../../../components/copy-button';
import { Empty } from '../../../components/empty';
import { JsonText } from '../../../components/json-text';
import { ProgressBar } from '../../../components/progress-bar';
import { useRelay } from '../../../components/relay-context';
import { routeHref, useRoute } from '../../../components/route';
import { isUncertain, statusKind } from '../../../components/status-kind';
import { StatusMark } from '../../../components/status-mark';
import { textIn } from '../../../components/text-of';
import { clockWords, durationWords, momentOf } from '../../../components/time-words';
import type { TaskEntity } from '../../../types/messages';
import { eventPath, lastEventOf } from './event-path';
import { PathOfEvent } from './path-of-event';
import { statusSince, taskDuration, taskError, taskProject, taskTitle, taskWorker } from './task-facts';
import styles from './task-drawer.module.css';
import { TaskTimeline } from './task-timeline';
import { useTask } from './use-task';

/** A task: how it stands, how it came to that, and how the page came to know. */
export function TaskStory({ id }: { readonly id: string }) {
  const { view } = useRelay();
  const { task, live, isFromRelay, isUnknown, error, isLoading } = useTask(id);
  // The feed is looked through when the task is another one, not with every event.
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the feed changes in place
  const entry = useMemo(() => lastEventOf(view.feed, id), [view, id, live]);
  if (task === undefined) {
    if (isLoading) return <StorySkeleton />;
    if (isUnknown) {
      return (
        <Empty title={`Task ${id} not found`} icon={CircleHelp}>
          The relay has no task with this ID. Finished tasks are kept for a limited time.
        </Empty>
      );
    }
    return (
      <Empty title="Failed to load the task" icon={CloudOff}>
        {error?.message}
      </Empty>
    );
  }
  return (
    <>
      <header className={styles.header}>
        <p className={styles.status}>
          <StatusMark status={task.status} isUncertain={isUncertain(task)} />
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
          <PathOfEvent path={eventPath(task, isFromRelay, entry)} />
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
          <JsonText value={task.data ?? {}} label="task data" />
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
        <span>{`took ${durationWords(duration)}, ended `}</span>
        <Ago at={since} />
      </>
    );
  }
  if (isUncertain(task)) {
    return (
      <>
        <span>last updated </span>
        <Ago at={momentOf(task.received) ?? since} />
      </>
    );
  }
  return (
    <>
      <span>for </span>
      <Elapsed at={since} />
    </>
  );
}

function Facts({ task }: { readonly task: TaskEntity }) {
  const route = useRoute();
  const runId = textIn(task.data, 'runId');
  const execution = task.execution_id;
  const facts: readonly (readonly [string, ReactNode])[] = [
    ['Project', taskProject(task)],
    ['Worker', taskWorker(task)],
    ['Publisher', task.seq === undefined ? task.source : `${task.source ?? ''}, seq ${textIn(task, 'seq') ?? ''}`],
    ['Run', runId],
    [
      'Execution',
      execution === undefined ? undefined : <a href={routeHref({ ...route, view: 'executions', run: execution })}>{execution}</a>,
    ],
    ['Description', textIn(task.data, 'description')],
    ['Status since', clockWords(statusSince(task))],
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

function StorySkeleton() {
  return (
    <div className={styles.skeleton} role="status" aria-label="Loading task">
      <div />
      <div />
      <div />
    </div>
  );
}
