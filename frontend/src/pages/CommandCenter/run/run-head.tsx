import { Ago, Elapsed } from '../../../components/ago';
import { ProgressBar } from '../../../components/progress-bar';
import { hasEnded } from '../../../components/status-kind';
import { StatusMark } from '../../../components/status-mark';
import { textIn } from '../../../components/text-of';
import { countWords, durationWords } from '../../../components/time-words';
import type { ExecutionEntity } from '../../../types/messages';
import type { RunSummary } from '../runs/run-list';
import styles from './run-view.module.css';

interface RunHeadProps {
  readonly summary: RunSummary;
  readonly execution: ExecutionEntity | undefined;
}

/** The run in two lines: which, how it stands, how far, how long, and what it used. */
export function RunHead({ summary, execution }: RunHeadProps) {
  const { id, status, isUncertain, progress, began, took, heard, tokens, project } = summary;
  const prompt = execution?.usage?.prompt_tokens;
  const completion = execution?.usage?.completion_tokens;
  const error = textIn(execution, 'error');
  const message = textIn(execution, 'message');
  return (
    <>
      <div className={styles.head}>
        <h1 translate="no">{id}</h1>
        {(status !== undefined || heard > 0) && <StatusMark status={status} isUncertain={isUncertain} />}
        <p className={styles.facts}>
          {project !== undefined && <span translate="no">{project}</span>}
          <span>
            {took !== null && hasEnded(status) ? (
              `took ${durationWords(took)}`
            ) : began !== null && !hasEnded(status) && !isUncertain ? (
              <>
                <span>for</span> <Elapsed at={began} />
              </>
            ) : heard > 0 ? (
              <Ago at={heard} />
            ) : null}
          </span>
          {tokens !== undefined && (
            <span>
              <b>{countWords(tokens)}</b>{' '}
              <span>
                {typeof prompt === 'number' && typeof completion === 'number'
                  ? `tokens (${countWords(prompt)} in, ${countWords(completion)} out)`
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
