import type { TaskEntity } from 'cecelia-client';
import { useRelay } from 'cecelia-client/react';
import { CircleHelp, CloudOff } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { RelativeTime, ElapsedTime } from '../../../features/relay/relative-time';
import { CopyButton } from '../../../components/copy-button';
import { EmptyState } from '../../../components/empty-state';
import { JsonView } from '../../../components/json-view';
import { ProgressBar } from '../../../components/progress-bar';
import { useIsPast } from '../../../features/history/page-moment';
import { loadErrorText } from '../../../features/relay/load-error-text';
import { relaySentence } from '../../../features/relay/relay-reason';
import { RelaySentence } from '../../../features/relay/relay-sentence';
import { routeHref, useRoute } from '../../../features/navigation/route';
import { hasEnded, isUncertain, statusKind } from '../../../format/status-kind';
import { SilentBadge } from '../../../features/silence/silent-badge';
import { StatusBadge } from '../../../components/status-badge';
import { formatField } from '../../../format/format-value';
import { formatClock, formatDuration, formatPercent, parseTimestamp, timeZoneText } from '../../../format/format-time';
import { published } from '../../../format/text-language';
import { type MessageId, t, Text } from '../../../i18n/messages';
import { eventPath, lastEventOf } from './event-path';
import { EventPathSteps } from './event-path-steps';
import { statusSince, taskDuration, taskError, taskProject, taskTitle, taskWorker } from './task-facts';
import styles from './task-drawer.module.css';
import { TaskActions } from './task-actions';
import { TaskTimeline } from './task-timeline';
import { useTask } from './use-task';

/** Status, history and data of a task, and the path of its last event. */
export function TaskDetails({ id }: { readonly id: string }) {
  const { view } = useRelay();
  const isPast = useIsPast();
  const { task, live, isFromRelay, isUnknown, error, isLoading } = useTask(id);
  // The feed is searched only when the task changes, not with every event.
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the feed changes in place
  const entry = useMemo(() => lastEventOf(view.feed, id), [view, id, live]);
  if (task === undefined) {
    if (isLoading) return <TaskSkeleton />;
    if (isUnknown) {
      return (
        <EmptyState title={t(isPast ? 'history.task.none' : 'task.not-found', { id })} icon={CircleHelp}>
          {t(isPast ? 'history.task.none.text' : 'task.not-found.text')}
        </EmptyState>
      );
    }
    return (
      <EmptyState title={t('task.load-failed')} icon={CloudOff}>
        {error !== null && (
          <>
            <span>{t('task.load-failed.why', { why: loadErrorText(error) })}</span>
            <RelaySentence text={relaySentence(error)} />
          </>
        )}
      </EmptyState>
    );
  }
  return (
    <>
      <div className={styles.header}>
        <p className={styles.status}>
          <StatusBadge status={task.status} isUncertain={isUncertain(task)} />
          <SilentBadge section="tasks" id={id} />
          <span>
            <Running task={task} />
          </span>
        </p>
        <h2 {...published(taskTitle(task))}>{taskTitle(task)}</h2>
        <p className={styles.id}>
          <code translate="no">{task.id}</code>
          <CopyButton text={task.id} label={t('task.copy-id')} />
        </p>
        {!isUnknown && <TaskActions task={task} />}
      </div>
      <div className={styles.body}>
        {(task.progress !== undefined || statusKind(task.status) === 'running') && (
          <div className={styles.progress}>
            <ProgressBar value={task.progress} status={task.status} label={t('common.progress')} />
            <span>{task.progress === undefined ? '' : formatPercent(task.progress)}</span>
          </div>
        )}
        {taskError(task) !== undefined && (
          <p className={styles.error} {...published(taskError(task))}>
            {taskError(task)}
          </p>
        )}
        <Facts task={task} />
        <section aria-labelledby="task-timeline">
          <h3 id="task-timeline">{t('task.timeline')}</h3>
          <TaskTimeline task={task} />
        </section>
        <section aria-labelledby="task-path">
          <h3 id="task-path">{t('task.path')}</h3>
          <EventPathSteps path={eventPath(task, isFromRelay, entry)} />
          <p className={styles.source}>
            <span>
              {isPast
                ? t('history.task.source')
                : isFromRelay
                  ? t('task.source.relay')
                  : isUnknown
                    ? t('task.source.gone')
                    : error === null
                      ? t('task.source.page')
                      : t('task.source.page.error', { error: loadErrorText(error) })}
            </span>
            {!isPast && !isFromRelay && !isUnknown && error !== null && <RelaySentence text={relaySentence(error)} />}
          </p>
        </section>
        <section aria-labelledby="task-data">
          <h3 id="task-data">{t('task.data')}</h3>
          <JsonView value={task.data ?? {}} label={t('task.data.label')} />
          {task.truncated === true && <p className={styles.source}>{t('task.data.truncated')}</p>}
        </section>
      </div>
    </>
  );
}

function Running({ task }: { readonly task: TaskEntity }) {
  const since = statusSince(task);
  const duration = taskDuration(task);
  if (duration !== null) {
    return <Text id="task.took" values={{ duration: formatDuration(duration), ago: <RelativeTime at={since} /> }} />;
  }
  if (hasEnded(task.status)) return <Text id="task.ended" values={{ ago: <RelativeTime at={since} /> }} />;
  if (isUncertain(task)) {
    return <Text id="task.updated" values={{ ago: <RelativeTime at={parseTimestamp(task.received) ?? since} /> }} />;
  }
  return <Text id="task.for" values={{ duration: <ElapsedTime at={since} /> }} />;
}

function Facts({ task }: { readonly task: TaskEntity }) {
  const route = useRoute();
  const { view } = useRelay();
  const runId = formatField(task.data, 'runId');
  const execution = task.execution_id;
  const project = taskProject(task);
  const worker = taskWorker(task);
  const description = formatField(task.data, 'description');
  const seq = formatField(task, 'seq');
  const linkTo = (id: string) => (
    <a href={routeHref({ ...route, view: 'executions', execution: id, task: null })} {...published(id)}>
      {id}
    </a>
  );
  const facts: readonly (readonly [MessageId, ReactNode])[] = [
    ['task.project', project],
    ['task.worker', worker],
    ['task.publisher', seq === undefined ? task.source : t('task.publisher.seq', { source: task.source ?? '', seq })],
    // A run of Brain is often an execution with the same id.
    ['task.run', runId !== undefined && runId !== execution && view.sections.executions.has(runId) ? linkTo(runId) : runId],
    ['task.execution', execution === undefined ? undefined : linkTo(execution)],
    ['task.description', description],
    ['task.status-since', <span title={timeZoneText()}>{formatClock(statusSince(task))}</span>],
  ];
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) =>
        value === undefined ? null : (
          <div key={name}>
            <dt>{t(name)}</dt>
            <dd {...published(typeof value === 'string' ? value : undefined)}>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

function TaskSkeleton() {
  return (
    <div className={styles.skeleton} role="status" aria-label={t('task.loading')}>
      <div />
      <div />
      <div />
    </div>
  );
}
