import type { TaskEntity } from 'cecelia-client';
import { Clock, ListChecks } from 'lucide-react';
import { memo } from 'react';
import { classNames } from '../../../components/class-names';
import { EmptyState } from '../../../components/empty-state';
import { Panel } from '../../../components/panel';
import rowLinks from '../../../components/row-link.module.css';
import { StatusIcon } from '../../../components/status-badge';
import { type Route, routeHref } from '../../../features/navigation/route';
import { ElapsedTime } from '../../../features/relay/relative-time';
import { formatCount, formatElapsed } from '../../../format/format-time';
import { isUncertain } from '../../../format/status-kind';
import { t } from '../../../i18n/messages';
import { statusSince, taskProject, taskTitle } from '../task/task-facts';
import { LastUpdated } from './last-updated';
import { MoreTasks } from './more-tasks';
import type { Overview } from './overview-model';
import { longWaitMs } from '../../../features/situation/situation';
import rows from './task-rows.module.css';
import { useRowLimit } from './use-row-limit';

interface QueueProps {
  readonly queue: Overview['queue'];
  readonly hasState: boolean;
  readonly at: number;
  readonly route: Route;
  readonly className?: string | undefined;
}

const longWaitMinutes = longWaitMs / 60_000;

/** The queued tasks with their waiting times, the oldest first. */
export function Queue({ queue, hasState, at, route, className }: QueueProps) {
  const { tasks, total, uncertain, oldest, long } = queue;
  const shown = tasks.slice(0, useRowLimit());
  const aside = [
    formatCount(total - uncertain),
    ...(uncertain === 0 ? [] : [t('overview.uncertain-count', { count: uncertain })]),
    ...(oldest === null ? [] : [t('overview.queue.oldest', { duration: formatElapsed(at - oldest) })]),
    ...(long === 0 ? [] : [t('overview.queue.long', { count: long, minutes: longWaitMinutes })]),
  ].join(' · ');
  return (
    <Panel title={t('overview.queue')} aside={<span>{hasState ? aside : '–'}</span>} className={className} flush>
      {tasks.length === 0 ? (
        <EmptyState title={t(hasState ? 'overview.queue.none' : 'overview.loading')} icon={ListChecks} small>
          {t('overview.queue.none.hint')}
        </EmptyState>
      ) : (
        <>
          <ul className={rows.rows}>
            {shown.map((task) => (
              <QueuedTask key={task.id} task={task} isLong={oldest !== null && at - statusSince(task) >= longWaitMs} route={route} />
            ))}
          </ul>
          <MoreTasks total={total} listed={shown.length} route={route} />
        </>
      )}
    </Panel>
  );
}

interface QueuedTaskProps {
  readonly task: TaskEntity;
  readonly isLong: boolean;
  readonly route: Route;
}

const QueuedTask = memo(function QueuedTask({ task, isLong, route }: QueuedTaskProps) {
  return (
    <li>
      <a className={classNames(rowLinks.row, rows.row)} href={routeHref({ ...route, task: task.id })}>
        <StatusIcon status={task.status} isStill isUncertain={isUncertain(task)} />
        <span className={classNames(rowLinks.twoLines, rows.title)} translate="no">
          {taskTitle(task)}
        </span>
        {isUncertain(task) ? (
          <LastUpdated task={task} />
        ) : (
          <span
            className={classNames(rows.meta, isLong && rows.long)}
            {...(isLong && { title: t('overview.queue.long-row', { minutes: longWaitMinutes }) })}
          >
            {isLong && <Clock size={12} strokeWidth={2.25} aria-hidden />}
            <ElapsedTime at={statusSince(task)} />
          </span>
        )}
        <span className={rows.project} translate="no">
          {taskProject(task)}
        </span>
      </a>
    </li>
  );
});
