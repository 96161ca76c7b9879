import { useDeferredValue } from 'react';
import { useRelay } from '../../../components/relay-context';
import { Unreached } from '../../../components/unreached';
import { BoardSkeleton } from '../board/board-skeleton';
import { useSharedColumns } from '../board/use-task-columns';
import { ExecutionStatusPanel } from '../components/ExecutionStatusPanel';
import { TaskBoard } from '../components/TaskBoard';
import { Failures } from './failures';
import { LatestEvents } from './latest-events';
import styles from './overview-page.module.css';
import { Tiles } from './tiles';
import { Welcome } from './welcome';

/** Everything at one glance, on a desk and on a wall. Each part follows what it shows; nothing here does, or all would be drawn with each frame. */
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
  // The largest part by far is drawn after the others, in a task of its own.
  const hasState = useDeferredValue(view.hasState, false);
  if (!hasState) {
    return (
      <Unreached>
        <BoardSkeleton />
      </Unreached>
    );
  }
  return view.sections.tasks.size === 0 ? <Welcome /> : <TaskBoard columns={columns} />;
}
