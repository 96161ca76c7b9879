import { useRelay } from 'cecelia-client/react';
import { useDeferredValue } from 'react';
import { ConnectionFallback } from '../../../features/connection/connection-fallback';
import { BoardSkeleton } from '../board/board-skeleton';
import { useSharedColumns } from '../board/use-task-columns';
import { ExecutionStatusPanel } from '../components/ExecutionStatusPanel';
import { TaskBoard } from '../components/TaskBoard';
import { Failures } from './failures';
import { LatestEvents } from './latest-events';
import styles from './overview-page.module.css';
import { Tiles } from './tiles';
import { NoTasks } from './no-tasks';

/** The overview, for desktops and wall displays. Each panel subscribes to its own data. The page does not, so that it is not rerendered in every frame. */
export function OverviewPage() {
  return (
    <div className={styles.page}>
      <h1 className={styles.title}>Overview</h1>
      <Tiles />
      <ExecutionStatusPanel className={styles.execution} />
      <section className={styles.board} aria-label="Board">
        <Board />
      </section>
      <div className={styles.side}>
        <Failures />
        <LatestEvents />
      </div>
    </div>
  );
}

function Board() {
  const { view } = useRelay();
  const columns = useSharedColumns();
  // The board is by far the largest part. It is rendered after the others, in a separate task.
  const hasState = useDeferredValue(view.hasState, false);
  if (!hasState) {
    return (
      <ConnectionFallback>
        <BoardSkeleton />
      </ConnectionFallback>
    );
  }
  return view.sections.tasks.size === 0 ? <NoTasks /> : <TaskBoard columns={columns} />;
}
