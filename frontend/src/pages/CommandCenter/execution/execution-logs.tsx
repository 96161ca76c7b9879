import { useLogs } from 'cecelia-client/react';
import { eventIds, type LogLine } from 'cecelia-client/state';
import { useLayoutEffect, useRef } from 'react';
import { classNames } from '../../../components/class-names';
import { formatClock, parseTimestamp, timeZoneText } from '../../../format/format-time';
import { published } from '../../../format/text-language';
import { t } from '../../../i18n/messages';
import styles from './execution-logs.module.css';

/** Maximum number of lines rendered. */
const maxLines = 400;

/** Log lines received since the view was opened, newest last. Follows the end unless the user scrolls up. */
export function ExecutionLogs({ lines }: { readonly lines: readonly LogLine[] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element !== null && isAtEnd.current) element.scrollTop = element.scrollHeight;
  }, [lines]);
  const onScroll = () => {
    const element = scroller.current;
    if (element !== null) isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < 24;
  };
  const zone = timeZoneText();
  if (lines.length === 0) return <p className={styles.none}>{t('execution.log.none')}</p>;
  return (
    <div
      ref={scroller}
      className={styles.logs}
      role="log"
      aria-live="off"
      aria-label={t('execution.log.label')}
      tabIndex={0}
      onScroll={onScroll}
    >
      <ol>
        {lines.slice(-maxLines).map((line) => (
          <LogRow key={line.number} line={line} zone={zone} />
        ))}
      </ol>
    </div>
  );
}

function LogRow({ line, zone }: { readonly line: LogLine; readonly zone: string }) {
  const at = parseTimestamp(line.timestamp);
  const level = line.level.toLowerCase();
  return (
    <li
      {...published(line.message)}
      className={classNames(styles.line, level.startsWith('err') && styles.error, level.startsWith('warn') && styles.warning)}
    >
      <time title={zone}>{at === null ? '' : formatClock(at, true)}</time>
      <b>{line.level}</b>
      <span>{eventIds(line.event).nodeId}</span>
      <p>{line.message}</p>
    </li>
  );
}

/** Returns the log lines of the execution. Their number is bounded. */
export function useExecutionLogs(executionId: string, isFiltered: boolean): readonly LogLine[] {
  // A connection filtered by this execution receives no other lines, and its events need not name the execution.
  return useLogs(isFiltered ? {} : { executionId });
}
