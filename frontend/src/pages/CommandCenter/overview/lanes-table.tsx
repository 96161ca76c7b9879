import { useRelay } from 'cecelia-client/react';
import { useState } from 'react';
import { routeHref, useRoute } from '../../../features/navigation/route';
import { RelativeTime } from '../../../features/relay/relative-time';
import { formatDuration } from '../../../format/format-time';
import { formatStatus } from '../../../format/status-kind';
import { t } from '../../../i18n/messages';
import { taskTitle } from '../task/task-facts';
import type { LaneSpan } from './lanes';
import type { SlotHistory } from './slot-history';
import styles from './slot-lanes.module.css';

const maxRows = 100;

/** The runs of the lanes as a table, newest first: for the keyboard and for screen readers. */
export function LanesTable({ history }: { readonly history: SlotHistory }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className={styles.details} open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t('overview.slots.table')}</summary>
      {isOpen && <Table history={history} />}
    </details>
  );
}

function Table({ history }: { readonly history: SlotHistory }) {
  const { view } = useRelay();
  const route = useRoute();
  const all = history.groups.flatMap(({ executor, spans }) => spans.map((span) => ({ executor, span })));
  const newest = all.sort((a, b) => b.span.from - a.span.from).slice(0, maxRows);
  const titleOf = ({ taskId }: LaneSpan) => {
    const task = view.sections.tasks.get(taskId);
    return task === undefined ? taskId : taskTitle(task);
  };
  return (
    <>
      <p className={styles.note}>{t('overview.slots.lanes-hint')}</p>
      {all.length > maxRows && <p className={styles.note}>{t('overview.slots.newest', { count: maxRows, total: all.length })}</p>}
      <table className={styles.table}>
        <thead>
          <tr>
            {(['lane', 'task', 'started', 'duration', 'status'] as const).map((column) => (
              <th key={column} scope="col">
                {t(`overview.slots.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {newest.map(({ executor, span }) => (
            <tr key={span.key}>
              <td translate="no">{[executor, (span.lane ?? 0) + 1].filter((part) => part !== '').join(' ')}</td>
              <td>
                <a href={routeHref({ ...route, task: span.taskId })} translate="no">
                  {titleOf(span)}
                </a>
              </td>
              <td>
                <RelativeTime at={span.from} />
              </td>
              <td>{formatDuration((span.to ?? history.to) - span.from)}</td>
              <td>{formatStatus(span.outcome)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
