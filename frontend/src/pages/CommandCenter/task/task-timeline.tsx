import { StatusIcon } from '../../../components/status-mark';
import { statusWords } from '../../../components/status-kind';
import { clockWords, durationWords, lagOrAheadWords, momentOf } from '../../../components/time-words';
import type { TaskEntity } from '../../../types/messages';
import styles from './task-timeline.module.css';

/** Every change of the task that is kept, oldest first: what it was, how long after the one before, how late the relay heard of it, and from whom. */
export function TaskTimeline({ task }: { readonly task: TaskEntity }) {
  const { changes = [] } = task;
  if (changes.length === 0) return <p className={styles.none}>No status history.</p>;
  return (
    <ol className={styles.timeline}>
      {changes.map((change, index) => {
        const at = momentOf(change.timestamp);
        const isUndated = change.undated === true;
        const received = momentOf(change.received);
        const before = momentOf(changes[index - 1]?.timestamp);
        const step = at === null || before === null ? null : at - before;
        return (
          <li key={`${index}${change.timestamp}`}>
            <StatusIcon status={change.status} size={16} isStill />
            <p className={styles.what}>
              <b>{statusWords(change.status)}</b> <code translate="no">{change.event}</code>
            </p>
            <p className={styles.when}>
              <span>{at === null ? change.timestamp : clockWords(at, true)}</span>
              {step !== null && !isUndated && <span>{` · ${step < 0 ? '−' : '+'}${durationWords(Math.abs(step))}`}</span>}
              {isUndated ? (
                <span> · time of receipt (no publisher timestamp)</span>
              ) : (
                at !== null && received !== null && <span>{` · ${lagOrAheadWords(received - at)}`}</span>
              )}
              {change.source !== undefined && <span translate="no">{` · ${change.source}`}</span>}
            </p>
          </li>
        );
      })}
    </ol>
  );
}
