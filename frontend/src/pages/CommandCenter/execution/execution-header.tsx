import type { ExecutionEntity } from 'cecelia-client';
import { RelativeTime, ElapsedTime } from '../../../features/relay/relative-time';
import { ProgressBar } from '../../../components/progress-bar';
import { hasEnded } from '../../../format/status-kind';
import { SilentBadge } from '../../../features/silence/silent-badge';
import { StatusBadge } from '../../../components/status-badge';
import { formatField } from '../../../format/format-value';
import { formatDuration, formatPercent } from '../../../format/format-time';
import { published } from '../../../format/text-language';
import { t, Text } from '../../../i18n/messages';
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
  const isSplit = typeof prompt === 'number' && typeof completion === 'number';
  const error = formatField(execution, 'error');
  const message = formatField(execution, 'message');
  return (
    <>
      <div className={styles.head}>
        <h1 {...published(id)}>{id}</h1>
        {(status !== undefined || lastUpdatedAt > 0) && <StatusBadge status={status} isUncertain={isUncertain} />}
        <SilentBadge section="executions" id={id} />
        <p className={styles.facts}>
          {project !== undefined && <span {...published(project)}>{project}</span>}
          <span>
            {durationMs !== null && hasEnded(status) ? (
              t('execution.took', { duration: formatDuration(durationMs) })
            ) : startedAt !== null && !hasEnded(status) && !isUncertain ? (
              <Text id="execution.for" values={{ duration: <ElapsedTime at={startedAt} /> }} />
            ) : lastUpdatedAt > 0 ? (
              <RelativeTime at={lastUpdatedAt} />
            ) : null}
          </span>
          {tokens !== undefined && (
            <span>
              <Text
                id={isSplit ? 'execution.tokens.split' : 'execution.tokens'}
                values={{ count: tokens, in: prompt, out: completion, b: (content) => <b>{content}</b> }}
              />
            </span>
          )}
        </p>
      </div>
      <div className={styles.progress}>
        {progress !== undefined && (
          <>
            <ProgressBar value={progress} status={status} label={t('execution.progress')} />
            <span>{formatPercent(progress)}</span>
          </>
        )}
        {error !== undefined ? (
          <p className={styles.errorLine} {...published(error)}>
            {error}
          </p>
        ) : (
          message !== undefined && (
            <p>
              {hasEnded(status) ? (
                <Text id="execution.last-message" values={{ message, data: (content) => <span {...published(message)}>{content}</span> }} />
              ) : (
                <span {...published(message)}>{message}</span>
              )}
            </p>
          )
        )}
      </div>
    </>
  );
}
