import type { TaskEntity } from 'cecelia-client';
import { StatusIcon } from '../../../components/status-badge';
import { formatStatus, isPublishedStatus } from '../../../format/status-kind';
import { formatClock, formatDuration, formatLagOrClockSkew, parseTimestamp, timeZoneText } from '../../../format/format-time';
import { published } from '../../../format/text-language';
import { t } from '../../../i18n/messages';
import styles from './task-timeline.module.css';

/** The retained status changes of the task, oldest first, with the time since the previous change, the lag and the publisher. */
export function TaskTimeline({ task }: { readonly task: TaskEntity }) {
  const { changes = [] } = task;
  if (changes.length === 0) return <p className={styles.none}>{t('task.timeline.none')}</p>;
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
              <b {...(isPublishedStatus(change.status) && published(change.status))}>{formatStatus(change.status)}</b>{' '}
              <code translate="no">{change.event}</code>
            </p>
            <p className={styles.when}>
              <span title={timeZoneText()}>{at === null ? change.timestamp : formatClock(at, true)}</span>
              {step !== null && !isUndated && <span>{` · ${step < 0 ? '−' : '+'}${formatDuration(Math.abs(step))}`}</span>}
              {isUndated ? (
                <span>{` · ${t('task.timeline.undated')}`}</span>
              ) : (
                at !== null && received !== null && <span>{` · ${formatLagOrClockSkew(received - at)}`}</span>
              )}
              {change.source !== undefined && <span {...published(change.source)}>{` · ${change.source}`}</span>}
            </p>
          </li>
        );
      })}
    </ol>
  );
}
