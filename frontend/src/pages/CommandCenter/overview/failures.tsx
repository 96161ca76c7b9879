import { useRelay } from 'cecelia-client/react';
import { ShieldCheck } from 'lucide-react';
import { EmptyState } from '../../../components/empty-state';
import { Panel } from '../../../components/panel';
import { useRoute } from '../../../features/navigation/route';
import { formatCount } from '../../../format/format-time';
import { useSharedColumns, useSharedColumnsThrottled } from '../board/use-task-columns';
import { Outcome } from '../components/ExecutionStatusPanel';
import styles from './failures.module.css';

const maxRows = 20;

/** The failed tasks with their errors, newest first. */
export function Failures({ className }: { readonly className?: string | undefined }) {
  const { view } = useRelay();
  const failed = useSharedColumnsThrottled().column('failed').entries;
  const route = useRoute();
  return (
    <Panel title="Failures" aside={<FailedCount />} className={className} flush>
      {failed.length === 0 ? (
        <EmptyState title={view.hasState ? 'No failed tasks' : 'Waiting for data'} icon={ShieldCheck} small>
          Failed tasks appear here with their error message.
        </EmptyState>
      ) : (
        <ul className={styles.list}>
          {failed.slice(0, maxRows).map(({ task }) => (
            <Outcome key={task.id} task={task} route={route} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** Updated with each change, like all other counts. The list is throttled. */
function FailedCount() {
  const { view } = useRelay();
  const { total } = useSharedColumns().column('failed');
  return <span>{view.hasState ? formatCount(total) : '–'}</span>;
}
