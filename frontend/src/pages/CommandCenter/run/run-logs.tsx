import { useLayoutEffect, useRef } from 'react';
import { classNames } from '../../../components/class-names';
import { clockWords, momentOf } from '../../../components/time-words';
import { useLogs } from '../../../hooks/useLogs';
import { eventIds } from '../../../state/arrival';
import type { LogLine } from '../../../state/log-lines';
import styles from './run-logs.module.css';

/** The newest lines that are drawn. */
const shown = 400;

/** What the run logged since the page knows it, the newest at the end, which it follows while the reader is there. */
export function RunLogs({ lines }: { readonly lines: readonly LogLine[] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element !== null && isAtEnd.current) element.scrollTop = element.scrollHeight;
  }, [lines]);
  const scrolled = () => {
    const element = scroller.current;
    if (element !== null) isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < 24;
  };
  if (lines.length === 0) return <p className={styles.none}>No log lines since this view was opened</p>;
  return (
    <div ref={scroller} className={styles.logs} role="log" aria-live="off" aria-label="Execution log" tabIndex={0} onScroll={scrolled}>
      <ol>
        {lines.slice(-shown).map((line) => (
          <LogRow key={line.number} line={line} />
        ))}
      </ol>
    </div>
  );
}

function LogRow({ line }: { readonly line: LogLine }) {
  const at = momentOf(line.timestamp);
  const level = line.level.toLowerCase();
  return (
    <li
      translate="no"
      className={classNames(styles.line, level.startsWith('err') && styles.error, level.startsWith('warn') && styles.warning)}
    >
      <time>{at === null ? '' : clockWords(at, true)}</time>
      <b>{line.level}</b>
      <span>{eventIds(line.event).nodeId}</span>
      <p>{line.message}</p>
    </li>
  );
}

/** The lines of the run; no more are kept than can be looked through. */
export function useRunLogs(executionId: string, isAlone: boolean): readonly LogLine[] {
  // A connection that is about this run alone has no other lines, and an event need not name it.
  return useLogs(isAlone ? {} : { executionId });
}
