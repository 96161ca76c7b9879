import type { ExecutionEntity } from 'cecelia-client';
import { RelativeTime, ElapsedTime } from '../../../features/relay/relative-time';
import { ProgressBar } from '../../../components/progress-bar';
import { hasEnded } from '../../../format/status-kind';
import { SilentBadge } from '../../../features/silence/silent-badge';
import { StatusBadge } from '../../../components/status-badge';
import { formatField } from '../../../format/format-value';
import { formatCount, formatDuration } from '../../../format/format-time';
import type { ExecutionSummary } from '../executions/execution-list';
import styles from './execution-view.module.css';

interface ExecutionHeaderProps {
  readonly summary: ExecutionSummary;
  readonly execution: ExecutionEntity | undefined;
}

/** Id, status, progress, duration and token usage of the execution. */
export function ExecutionHeader({ summary, execution }: ExecutionHeaderProps) {
  const { id, status, isUncertain, progress, startedAt, durationMs, lastUpdatedAt, tokens, project } = summary;
  const prompt = execution?.usage?.prompt_tokens;
  const completion = execution?.usage?.completion_tokens;
  const error = formatField(execution, 'error');
  const message = formatField(execution, 'message');
  return (
    <>
      <div className={styles.head}>
        <h1 translate="no">{id}</h1>
        {(status !== undefined || lastUpdatedAt > 0) && <StatusBadge status={status} isUncertain={isUncertain} />}
        <SilentBadge section="executions" id={id} />
        <p className={styles.facts}>
          {project !== undefined && <span translate="no">{project}</span>}
          <span>
            {durationMs !== null && hasEnded(status) ? (
              `took ${formatDuration(durationMs)}`
            ) : startedAt !== null && !hasEnded(status) && !isUncertain ? (
              <>
                <span>for</span> <ElapsedTime at={startedAt} />
              </>
            ) : lastUpdatedAt > 0 ? (
              <RelativeTime at={lastUpdatedAt} />
            ) : null}
          </span>
          {tokens !== undefined && (
            <span>
              <b>{formatCount(tokens)}</b>{' '}
              <span>
                {typeof prompt === 'number' && typeof completion === 'number'
                  ? `tokens (${formatCount(prompt)} in, ${formatCount(completion)} out)`
                  : 'tokens'}
              </span>
            </span>
          )}
        </p>
      </div>
      <div className={styles.progress}>
        {progress !== undefined && (
          <>
            <ProgressBar value={progress} status={status} label="Progress of the execution" />
            <span>{`${Math.round(progress)}%`}</span>
          </>
        )}
        {error !== undefined ? (
          <p className={styles.errorLine} translate="no">
            {error}
          </p>
        ) : (
          message !== undefined && (
            <p>
              {hasEnded(status) && <span>Last message: </span>}
              <span translate="no">{message}</span>
            </p>
          )
        )}
      </div>
    </>
  );
}
