import { useMemo, useSyncExternalStore } from 'react';
import { type LogFilter, type LogLine, LogLines } from '../state/log-lines';
import { useVersion } from './useLive';
import { useRelay } from './useRelay';

export interface LogOptions extends LogFilter {
  /** Maximum number of lines. Default 1,000; the oldest are dropped. */
  readonly limit?: number;
}

/** The newest log lines, oldest first: those in the feed, and those received since. They change at most once per animation frame. */
export function useLogs({ projectId, executionId, nodeId, taskId, levels, limit = 1000 }: LogOptions = {}): readonly LogLine[] {
  const { connection, view } = useRelay();
  const past = useVersion('past');
  const levelsKey = levels?.join('\n');
  const lines = useMemo(() => {
    const filter: LogFilter = {
      ...(projectId === undefined ? {} : { projectId }),
      ...(executionId === undefined ? {} : { executionId }),
      ...(nodeId === undefined ? {} : { nodeId }),
      ...(taskId === undefined ? {} : { taskId }),
      ...(levelsKey === undefined ? {} : { levels: levelsKey.split('\n') }),
    };
    const created = new LogLines(filter, limit);
    created.seed(view.feed.map(({ event }) => event));
    return created;
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the feed changes in place, `past` changes when older events were added
  }, [view, past, projectId, executionId, nodeId, taskId, levelsKey, limit]);
  const subscribe = useMemo(() => (listener: () => void) => lines.follow(connection, listener), [lines, connection]);
  const read = () => lines.lines;
  return useSyncExternalStore(subscribe, read, read);
}
