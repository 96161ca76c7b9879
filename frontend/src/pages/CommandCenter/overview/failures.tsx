import { ShieldCheck } from 'lucide-react';
import { Empty } from '../../../components/empty';
import { Panel } from '../../../components/panel';
import { useRelay } from '../../../components/relay-context';
import { useRoute } from '../../../components/route';
import { countWords } from '../../../components/time-words';
import { useSharedColumns, useSharedColumnsThrottled } from '../board/use-task-columns';
import { Outcome } from '../components/ExecutionStatusPanel';
import styles from './failures.module.css';

const shown = 20;

/** The tasks that failed, the last one first, with what they died of. */
export function Failures({ className }: { readonly className?: string | undefined }) {
  const { view } = useRelay();
  const failed = useSharedColumnsThrottled().column('failed').places;
  const route = useRoute();
  return (
    <Panel title="Failures" aside={<FailedCount />} className={className} flush>
      {failed.length === 0 ? (
        <Empty title={view.hasState ? 'No failed tasks' : 'Waiting for data'} icon={ShieldCheck} small>
          Failed tasks appear here with their error message.
        </Empty>
      ) : (
        <ul className={styles.list}>
          {failed.slice(0, shown).map(({ task }) => (
            <Outcome key={task.id} task={task} route={route} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** With each change, as all other counts of the screen; the list follows more slowly. */
function FailedCount() {
  const { view } = useRelay();
  const { total } = useSharedColumns().column('failed');
  return <span>{view.hasState ? countWords(total) : '–'}</span>;
}
