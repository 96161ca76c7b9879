import type { ExecutionEntity } from 'cecelia-client';
import type { ReactNode } from 'react';
import { CopyButton } from '../../../components/copy-button';
import { routeHref, useRoute } from '../../../features/navigation/route';
import { RelativeTime } from '../../../features/relay/relative-time';
import { ProgressBar } from '../../../components/progress-bar';
import { hasEnded } from '../../../format/status-kind';
import { SilentBadge } from '../../../features/silence/silent-badge';
import { StatusBadge } from '../../../components/status-badge';
import { formatField } from '../../../format/format-value';
import { formatPercent } from '../../../format/format-time';
import { published } from '../../../format/text-language';
import { t, Text } from '../../../i18n/messages';
import type { ExecutionSummary } from '../executions/execution-list';
import type { ExecutionTask } from '../executions/execution-tasks';
import styles from './execution-header.module.css';

interface ExecutionHeaderProps {
  readonly summary: ExecutionSummary;
  readonly execution: ExecutionEntity | undefined;
  readonly task: ExecutionTask | undefined;
  readonly facts: ReactNode;
}

/** Title, id, status and numbers of an execution, its progress, and what it said last. */
export function ExecutionHeader({ summary, execution, task, facts }: ExecutionHeaderProps) {
  const { id, status, isUncertain, progress, lastUpdatedAt, project } = summary;
  const route = useRoute();
  const error = formatField(execution, 'error');
  const message = formatField(execution, 'message');
  return (
    <>
      <div className={styles.head}>
        <h1 {...published(task?.title ?? id)}>{task?.title ?? id}</h1>
        {(status !== undefined || lastUpdatedAt > 0) && <StatusBadge status={status} isUncertain={isUncertain} />}
        <SilentBadge section="executions" id={id} />
        <p className={styles.ids}>
          {task !== undefined && <code translate="no">{id}</code>}
          <CopyButton text={id} label={t('execution.copy-id')} />
          {task !== undefined && <a href={routeHref({ ...route, task: task.id })}>{t('execution.task')}</a>}
          {project !== undefined && <span {...published(project)}>{project}</span>}
          {lastUpdatedAt > 0 && (
            <span>
              <Text id="execution.updated" values={{ ago: <RelativeTime at={lastUpdatedAt} /> }} />
            </span>
          )}
        </p>
      </div>
      {facts}
      {(progress !== undefined || error !== undefined || message !== undefined) && (
        <div className={styles.progress}>
          {progress !== undefined && (
            <>
              <ProgressBar value={progress} status={status} label={t('execution.progress')} />
              <span>{formatPercent(progress)}</span>
            </>
          )}
          {error !== undefined ? (
            <p className={styles.error} {...published(error)}>
              {error}
            </p>
          ) : (
            message !== undefined && (
              <p>
                {hasEnded(status) ? (
                  <Text
                    id="execution.last-message"
                    values={{ message, data: (content) => <span {...published(message)}>{content}</span> }}
                  />
                ) : (
                  <span {...published(message)}>{message}</span>
                )}
              </p>
            )
          )}
        </div>
      )}
    </>
  );
}
