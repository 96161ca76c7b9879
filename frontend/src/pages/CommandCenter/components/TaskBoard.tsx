import { type CSSProperties, useEffect, useState } from 'react';
import { useRoute } from '../../../features/navigation/route';
import { t } from '../../../i18n/messages';
import type { TaskColumns } from '../board/task-columns';
import { BoardColumn } from './board-column';
import styles from './TaskBoard.module.css';

interface TaskBoardProps {
  /** Synchronized by the caller, which rerenders when they change. */
  readonly columns: TaskColumns;
}

/** The tasks by status, one column per status. */
export function TaskBoard({ columns }: TaskBoardProps) {
  const route = useRoute();
  const rowHeight = useRowHeight();
  const all = columns.columns;
  return (
    <div
      className={styles.board}
      style={{ '--columns': all.length } as CSSProperties}
      role="group"
      aria-label={t('board.label', { count: columns.total })}
    >
      {all.map((column) => (
        <BoardColumn key={column.status} column={column} version={column.version} route={route} rowHeight={rowHeight} />
      ))}
    </div>
  );
}

/** Height of a card and its gap in pixels. Scales with the font size. */
function useRowHeight(): number {
  const [height, setHeight] = useState(measure);
  useEffect(() => {
    const onResize = () => setHeight(measure());
    addEventListener('resize', onResize);
    return () => removeEventListener('resize', onResize);
  }, []);
  return height;
}

function measure(): number {
  return Math.round((84 * parseFloat(getComputedStyle(document.documentElement).fontSize)) / 16) + 8;
}
