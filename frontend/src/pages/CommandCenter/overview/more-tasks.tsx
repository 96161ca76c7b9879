import { type Route, routeHref } from '../../../features/navigation/route';
import { t } from '../../../i18n/messages';
import rows from './task-rows.module.css';

interface MoreTasksProps {
  readonly total: number;
  readonly listed: number;
  readonly route: Route;
}

/** A link to the board, if not all tasks are listed. */
export function MoreTasks({ total, listed, route }: MoreTasksProps) {
  if (total <= listed) return null;
  return (
    <p className={rows.more}>
      <a href={routeHref({ ...route, view: 'board', execution: null, task: null })}>{t('overview.more', { count: total - listed })}</a>
    </p>
  );
}
