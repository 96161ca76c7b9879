import type { TaskEntity } from 'cecelia-client';
import { StatusIcon } from '../../../components/status-badge';
import { formatStatus } from '../../../format/status-kind';
import { formatClock, formatDuration, formatLagOrClockSkew, parseTimestamp } from '../../../format/format-time';
import styles from './task-timeline.module.css';

/** The retained status changes of the task, oldest first, with the time since the previous change, the lag and the publisher. */
export function TaskTimeline({ task }: { readonly task: TaskEntity }) {
  const { changes = [] } = task;
  if (changes.length === 0) return <p className={styles.none}>No status history.</p>;
  return (
    <ol className={styles.timeline}>
      {changes.map((change, index) => {
        const at = parseTimestamp(change.timestamp);
        const isUndated = change.undated === true;
        const received = parseTimestamp(change.received);
        const before = parseTimestamp(changes[index - 1]?.timestamp);
        const step = at === null || before === null ? null : at - before;
        return (
          <li key={`${index}${change.timestamp}`}>
            <StatusIcon status={change.status} size={16} isStill />
            <p className={styles.what}>
              <b>{formatStatus(change.status)}</b> <code translate="no">{change.event}</code>
            </p>
            <p className={styles.when}>
              <span>{at === null ? change.timestamp : formatClock(at, true)}</span>
              {step !== null && !isUndated && <span>{` · ${step < 0 ? '−' : '+'}${formatDuration(Math.abs(step))}`}</span>}
              {isUndated ? (
                <span> · time of receipt (no publisher timestamp)</span>
              ) : (
                at !== null && received !== null && <span>{` · ${formatLagOrClockSkew(received - at)}`}</span>
              )}
              {change.source !== undefined && <span translate="no">{` · ${change.source}`}</span>}
            </p>
          </li>
        );
      })}
    </ol>
  );
}
