import type { TaskEntity } from 'cecelia-client';
import { Coffee } from 'lucide-react';
import { memo } from 'react';
import { classNames } from '../../../components/class-names';
import { EmptyState } from '../../../components/empty-state';
import { Panel } from '../../../components/panel';
import { ProgressBar } from '../../../components/progress-bar';
import rowLinks from '../../../components/row-link.module.css';
import { StatusIcon } from '../../../components/status-badge';
import { type Route, routeHref } from '../../../features/navigation/route';
import { ElapsedTime } from '../../../features/relay/relative-time';
import { SilentSince, useSilentSince } from '../../../features/silence/silent-badge';
import { formatCount } from '../../../format/format-time';
import { isUncertain } from '../../../format/status-kind';
import { t } from '../../../i18n/messages';
import { statusSince, taskTitle } from '../task/task-facts';
import { LastUpdated } from './last-updated';
import { MoreTasks } from './more-tasks';
import type { Overview } from './overview-model';
import rows from './task-rows.module.css';
import { useRowLimit } from './use-row-limit';

interface RunningProps {
  readonly running: Overview['running'];
  readonly silent: number;
  readonly hasState: boolean;
  readonly route: Route;
  readonly className?: string | undefined;
}

/** The running tasks with their progress: silent ones first, then those that have been running for longest. */
export const Running = memo(function Running({ running, silent, hasState, route, className }: RunningProps) {
  const { tasks, total, uncertain } = running;
  const shown = tasks.slice(0, useRowLimit());
  const aside = [
    formatCount(total - uncertain),
    ...(uncertain === 0 ? [] : [t('overview.uncertain-count', { count: uncertain })]),
    ...(silent === 0 ? [] : [t('overview.running.silent', { count: silent })]),
  ].join(' · ');
  return (
    <Panel title={t('overview.running')} aside={<span>{hasState ? aside : '–'}</span>} className={className} flush>
      {tasks.length === 0 ? (
        <EmptyState title={t(hasState ? 'overview.running.none' : 'overview.loading')} icon={Coffee} small>
          {t('overview.running.none.hint')}
        </EmptyState>
      ) : (
        <>
          <ul className={rows.rows}>
            {shown.map((task) => (
              <RunningTask key={task.id} task={task} route={route} />
            ))}
          </ul>
          <MoreTasks total={total} listed={shown.length} route={route} />
        </>
      )}
    </Panel>
  );
});

const RunningTask = memo(function RunningTask({ task, route }: { readonly task: TaskEntity; readonly route: Route }) {
  const title = taskTitle(task);
  const silentSince = useSilentSince('tasks', task.id);
  return (
    <li>
      <a className={classNames(rowLinks.row, rows.row)} href={routeHref({ ...route, task: task.id })}>
        <StatusIcon status={task.status} isStill isUncertain={isUncertain(task)} />
        <span className={classNames(rowLinks.twoLines, rows.title)} translate="no">
          {title}
        </span>
        {silentSince !== null ? (
          <SilentSince since={silentSince} />
        ) : isUncertain(task) ? (
          <LastUpdated task={task} />
        ) : (
          <span className={rows.meta}>
            <ElapsedTime at={statusSince(task)} />
          </span>
        )}
        <span className={rows.bar}>
          <ProgressBar value={task.progress} status={task.status} label={t('overview.running.progress', { title })} />
          <span>{task.progress === undefined ? '' : t('overview.running.percent', { percent: Math.round(task.progress) })}</span>
        </span>
      </a>
    </li>
  );
});
