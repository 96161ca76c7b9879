import type { TaskEntity } from 'cecelia-client';
import { memo } from 'react';
import { RelativeTime, ElapsedTime } from '../../../features/relay/relative-time';
import { classNames } from '../../../components/class-names';
import { ProgressBar } from '../../../components/progress-bar';
import { type Route, routeHref } from '../../../features/navigation/route';
import { formatStatus, hasEnded, isUncertain, statusKind } from '../../../format/status-kind';
import { SilentSince, useSilentSince } from '../../../features/silence/silent-badge';
import { StatusIcon, uncertainText } from '../../../components/status-badge';
import { formatDuration, formatPercent, parseTimestamp } from '../../../format/format-time';
import { published } from '../../../format/text-language';
import { t, Text } from '../../../i18n/messages';
import { statusSince, taskDuration, taskError, taskProject, taskTitle, taskWorker } from '../task/task-facts';
import styles from './task-card.module.css';

interface TaskCardProps {
  readonly task: TaskEntity;
  readonly route: Route;
  /** The column does not say the status. */
  readonly hasStatus?: boolean;
}

/** A task on the board. Rerendered only when the entity is replaced. */
export const TaskCard = memo(function TaskCard({ task, route, hasStatus = false }: TaskCardProps) {
  const kind = statusKind(task.status);
  const since = statusSince(task);
  const error = kind === 'failed' ? taskError(task) : undefined;
  const title = taskTitle(task);
  const about =
    [hasStatus ? formatStatus(task.status) : undefined, title === task.id ? undefined : task.id, taskProject(task), taskWorker(task)]
      .filter((text) => text !== undefined)
      .join(' · ') || '\u00a0';
  const duration = taskDuration(task);
  const isOpen = route.task === task.id;
  const isTaskUncertain = isUncertain(task);
  const silentSince = useSilentSince('tasks', task.id);
  return (
    <a
      className={classNames(styles.card, styles[kind], isTaskUncertain && styles.uncertain, isOpen && styles.open)}
      {...(isTaskUncertain && { title: uncertainText() })}
      href={routeHref({ ...route, task: task.id })}
      data-task={task.id}
      aria-current={isOpen ? 'true' : undefined}
    >
      <span className={styles.top}>
        <StatusIcon status={task.status} size={14} isStill isUncertain={isTaskUncertain} />
        <span className={styles.title} {...published(title)}>
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
      <span className={styles.about} {...published(about)}>
        {about}
      </span>
      {isTaskUncertain ? (
        <span className={styles.ended}>
          <Text id="board.card.uncertain" values={{ ago: <RelativeTime at={parseTimestamp(task.received) ?? since} /> }} />
        </span>
      ) : error !== undefined ? (
        <span className={styles.error} {...published(error)}>
          {error}
        </span>
      ) : hasEnded(task.status) ? (
        <span className={styles.ended}>
          <Text id={kind === 'failed' ? 'board.card.failed' : 'board.card.ended'} values={{ ago: <RelativeTime at={since} /> }} />
        </span>
      ) : kind === 'running' || task.progress !== undefined ? (
        <span className={styles.progress}>
          {silentSince === null ? (
            <ProgressBar value={task.progress} status={task.status} label={t('common.progress.of', { name: title })} />
          ) : (
            <span className={styles.silent}>
              <SilentSince since={silentSince} />
            </span>
          )}
          <span className={styles.percent}>{task.progress === undefined ? '' : formatPercent(task.progress)}</span>
        </span>
      ) : (
        <span className={styles.ended}>{kind === 'waiting' ? t('board.card.waiting') : '\u00a0'}</span>
      )}
    </a>
  );
});
