import type { TaskEntity } from 'cecelia-client';
import { memo } from 'react';
import { RelativeTime, ElapsedTime } from '../../../features/relay/relative-time';
import { classNames } from '../../../components/class-names';
import { ProgressBar } from '../../../components/progress-bar';
import { type Route, routeHref } from '../../../features/navigation/route';
import { hasEnded, isUncertain, statusKind } from '../../../format/status-kind';
import { SilentSince, useSilentSince } from '../../../features/silence/silent-badge';
import { StatusIcon, uncertainText } from '../../../components/status-badge';
import { formatDuration, parseTimestamp } from '../../../format/format-time';
import { statusSince, taskDuration, taskError, taskProject, taskTitle, taskWorker } from '../task/task-facts';
import styles from './task-card.module.css';

interface TaskCardProps {
  readonly task: TaskEntity;
  readonly route: Route;
}

/** A task on the board. Rerendered only when the entity is replaced. */
export const TaskCard = memo(function TaskCard({ task, route }: TaskCardProps) {
  const kind = statusKind(task.status);
  const since = statusSince(task);
  const error = kind === 'failed' ? taskError(task) : undefined;
  const title = taskTitle(task);
  const about = [title === task.id ? undefined : task.id, taskProject(task), taskWorker(task)].filter((text) => text !== undefined);
  const duration = taskDuration(task);
  const isOpen = route.task === task.id;
  const isTaskUncertain = isUncertain(task);
  const silentSince = useSilentSince('tasks', task.id);
  return (
    <a
      className={classNames(styles.card, styles[kind], isTaskUncertain && styles.uncertain, isOpen && styles.open)}
      {...(isTaskUncertain && { title: uncertainText })}
      href={routeHref({ ...route, task: task.id })}
      data-task={task.id}
      aria-current={isOpen ? 'true' : undefined}
    >
      <span className={styles.top}>
        <StatusIcon status={task.status} size={14} isStill isUncertain={isTaskUncertain} />
        <span className={styles.title} translate="no">
          {title}
        </span>
        <span className={styles.time}>
          {duration !== null ? (
            formatDuration(duration)
          ) : isTaskUncertain ? null : kind === 'running' ? (
            <ElapsedTime at={since} />
          ) : (
            <RelativeTime at={since} />
          )}
        </span>
      </span>
      <span className={styles.about} translate="no">
        {about.length > 0 ? about.join(' · ') : '\u00a0'}
      </span>
      {isTaskUncertain ? (
        <span className={styles.ended}>
          <span>Uncertain, last updated</span> <RelativeTime at={parseTimestamp(task.received) ?? since} />
        </span>
      ) : error !== undefined ? (
        <span className={styles.error} translate="no">
          {error}
        </span>
      ) : hasEnded(task.status) ? (
        <span className={styles.ended}>
          <span>{kind === 'failed' ? 'No error message' : 'Ended'}</span> <RelativeTime at={since} />
        </span>
      ) : kind === 'running' || task.progress !== undefined ? (
        <span className={styles.progress}>
          {silentSince === null ? (
            <ProgressBar value={task.progress} status={task.status} label={`Progress of ${title}`} />
          ) : (
            <span className={styles.silent}>
              <SilentSince since={silentSince} />
            </span>
          )}
          <span className={styles.percent}>{task.progress === undefined ? '' : `${Math.round(task.progress)}%`}</span>
        </span>
      ) : (
        <span className={styles.ended}>{kind === 'waiting' ? 'Waiting for a slot' : '\u00a0'}</span>
      )}
    </a>
  );
});
