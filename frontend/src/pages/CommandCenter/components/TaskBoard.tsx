import { type CSSProperties, useEffect, useState } from 'react';
import { useRoute } from '../../../components/route';
import { countWords } from '../../../components/time-words';
import type { TaskColumns } from '../board/task-columns';
import { BoardColumn } from './board-column';
import styles from './TaskBoard.module.css';

interface TaskBoardProps {
  /** Up to date: whoever hands them over renders when they change. */
  readonly columns: TaskColumns;
}

/** The tasks by status, a column for each. */
export function TaskBoard({ columns }: TaskBoardProps) {
  const route = useRoute();
  const rowHeight = useRowHeight();
  const all = columns.columns;
  return (
    <div
      className={styles.board}
      style={{ '--columns': all.length } as CSSProperties}
      role="group"
      aria-label={`Board of ${countWords(columns.total)} tasks`}
    >
      {all.map((column) => (
        <BoardColumn key={column.status} column={column} version={column.version} route={route} rowHeight={rowHeight} />
      ))}
    </div>
  );
}

/** Of a card and its gap, in pixels: it grows with the size of letters. */
function useRowHeight(): number {
  const [height, setHeight] = useState(measure);
  useEffect(() => {
    const changed = () => setHeight(measure());
    addEventListener('resize', changed);
    return () => removeEventListener('resize', changed);
  }, []);
  return height;
}

function measure(): number {
  return Math.round((84 * parseFloat(getComputedStyle(document.documentElement).fontSize)) / 16) + 8;
}
