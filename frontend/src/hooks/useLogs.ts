import { useMemo, useSyncExternalStore } from 'react';
import { type LogFilter, type LogLine, LogLines } from '../state/log-lines';
import { useRelay } from './useRelay';

export interface LogOptions extends LogFilter {
  /** Lines that are kept. Default 1,000; the oldest give way. */
  readonly limit?: number;
}

/** The newest lines of logs, oldest first: those that the feed still has, and what has come since. They change at most once for each animation frame. */
export function useLogs({ projectId, executionId, nodeId, taskId, levels, limit = 1000 }: LogOptions = {}): readonly LogLine[] {
  const { connection, view } = useRelay();
  const wantedLevels = levels?.join('\n');
  const lines = useMemo(() => {
    const filter: LogFilter = {
      ...(projectId === undefined ? {} : { projectId }),
      ...(executionId === undefined ? {} : { executionId }),
      ...(nodeId === undefined ? {} : { nodeId }),
      ...(taskId === undefined ? {} : { taskId }),
      ...(wantedLevels === undefined ? {} : { levels: wantedLevels.split('\n') }),
    };
    const made = new LogLines(filter, limit);
    made.seed(view.feed.map(({ event }) => event));
    return made;
  }, [view, projectId, executionId, nodeId, taskId, wantedLevels, limit]);
  const subscribe = useMemo(() => (listener: () => void) => lines.follow(connection, listener), [lines, connection]);
  const read = () => lines.lines;
  return useSyncExternalStore(subscribe, read, read);
}
