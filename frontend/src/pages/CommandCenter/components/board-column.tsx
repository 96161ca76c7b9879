import { ArrowUp, Pin } from 'lucide-react';
import { memo, type PointerEvent, useEffect, useId, useRef, useState } from 'react';
import buttons from '../../../components/button.module.css';
import { useIsPast } from '../../../features/history/page-moment';
import type { Route } from '../../../features/navigation/route';
import { formatStatus, isPublishedStatus, statusKind } from '../../../format/status-kind';
import { StatusIcon, uncertainText } from '../../../components/status-badge';
import { formatCompactCount } from '../../../format/format-time';
import { published } from '../../../format/text-language';
import { t } from '../../../i18n/messages';
import { VirtualList } from '../../../components/virtual-list';
import { CardActions } from '../board/card-actions';
import { TaskCard } from '../board/task-card';
import { mixedStatus, type TaskColumn, type TaskEntry } from '../board/task-columns';
import styles from './TaskBoard.module.css';

interface BoardColumnProps {
  readonly column: TaskColumn;
  /** The column is mutated in place; the version triggers a rerender. */
  readonly version: number;
  readonly route: Route;
  readonly rowHeight: number;
}

/** Time in milliseconds for which a column keeps its order after the last mouse move. */
const holdMs = 1500;

export const BoardColumn = memo(function BoardColumn({ column, route, rowHeight }: BoardColumnProps) {
  // A moment of the history moves only when the user moves it.
  const isPast = useIsPast();
  const { held, hold, release } = useHeldOrder(column);
  const [isAway, setAway] = useState(false);
  const body = useRef<HTMLDivElement>(null);
  const heading = useId();
  const entries = isPast ? column.entries : (held ?? column.entries);
  return (
    <section className={styles.column} aria-labelledby={heading} data-status={column.status}>
      <h2 id={heading} className={styles.heading} data-kind={statusKind(column.status)}>
        <StatusIcon status={column.status} size={15} isStill />
        <span
          className={styles.status}
          {...(column.status !== mixedStatus && isPublishedStatus(column.status) && published(column.status))}
        >
          {nameOf(column)}
        </span>
        {held !== null && !isPast && (
          <span className={styles.held} title={t('board.column.locked.hint')}>
            <Pin size={12} aria-hidden /> <span>{t('board.column.locked')}</span>
          </span>
        )}
        <span className={styles.count} title={countTitle(column)}>
          <span>{formatCompactCount(column.total - column.uncertain)}</span>
          {column.uncertain > 0 && (
            <small title={uncertainText()}>{` ${t('board.column.uncertain', { count: formatCompactCount(column.uncertain) })}`}</small>
          )}
        </span>
      </h2>
      <div ref={body} className={styles.cards} onPointerMove={isPast ? undefined : hold} onPointerLeave={release}>
        {entries.length === 0 ? (
          <p className={styles.none}>{t('board.column.none')}</p>
        ) : (
          <VirtualList
            label={t('board.column.list', { status: nameOf(column) })}
            count={entries.length}
            keyOf={(index) => entries[index]?.task.id ?? index}
            rowHeight={rowHeight}
            padding={8}
            anchored
            onAway={setAway}
          >
            {(index) => {
              const entry = entries[index];
              return entry === undefined ? null : (
                <div className={styles.cell}>
                  <TaskCard task={entry.task} route={route} hasStatus={column.status === mixedStatus} />
                  <CardActions task={entry.task} order={() => entries.map(({ task }) => task.id)} />
                </div>
              );
            }}
          </VirtualList>
        )}
        {isAway && entries.length > 0 && (
          <button
            type="button"
            className={`${buttons.button ?? ''} ${styles.toTop ?? ''}`}
            onClick={() => body.current?.querySelector('[role=list]')?.scrollTo({ top: 0 })}
          >
            <ArrowUp size={13} aria-hidden /> <span>{t('board.column.top')}</span>
          </button>
        )}
      </div>
    </section>
  );
});

function countTitle({ entries, total }: TaskColumn): string {
  return entries.length === total
    ? t('board.column.count', { count: total })
    : t('board.column.count.part', { shown: entries.length, count: total });
}

/** Freezes the order of the cards while the mouse moves over a column, so that a click cannot hit the wrong card. Their content still updates. */
function useHeldOrder(column: TaskColumn) {
  const [held, setHeld] = useState<readonly TaskEntry[] | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  const release = () => {
    clearTimeout(timer.current);
    setHeld(null);
  };
  const hold = (event: PointerEvent) => {
    if (event.pointerType !== 'mouse') return;
    clearTimeout(timer.current);
    timer.current = setTimeout(release, holdMs);
    setHeld((before) => before ?? column.entries.slice());
  };
  return { held, hold, release };
}

function nameOf({ status }: TaskColumn): string {
  return status === mixedStatus ? t('board.column.mixed') : formatStatus(status);
}
