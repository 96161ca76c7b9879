import { createContext, useContext, useMemo, useSyncExternalStore } from 'react';
import { useRelay } from '../../../components/relay-context';
import { useThrottledVersion } from '../../../components/use-throttled-version';
import { TaskColumns } from './task-columns';

/** The columns of the project that all views are narrowed to, which several parts draw from. */
export const ColumnsContext = createContext<TaskColumns | null>(null);

/** Columns of one's own, for a search of one's own. Renders again when something in them changed. */
export function useTaskColumns(project: string | null, search: string): TaskColumns {
  const { view } = useRelay();
  const columns = useMemo(() => {
    const made = new TaskColumns(view);
    made.filter(project, search);
    return made;
  }, [view, project, search]);
  useSync(columns);
  return columns;
}

/** The columns that all share. Renders again when something in them changed. */
export function useSharedColumns(): TaskColumns {
  const columns = useColumnsContext();
  useSync(columns);
  return columns;
}

/** The same, at most four times a second: for lists whose rows come and go faster than anybody reads. */
export function useSharedColumnsThrottled(): TaskColumns {
  const columns = useColumnsContext();
  useThrottledVersion('tasks', 250);
  columns.sync();
  return columns;
}

function useColumnsContext(): TaskColumns {
  const columns = useContext(ColumnsContext);
  if (columns === null) throw new Error('The shared columns are used outside of ColumnsContext');
  return columns;
}

function useSync(columns: TaskColumns): void {
  const { view } = useRelay();
  useSyncExternalStore(
    (listener) => view.subscribe(listener),
    () => columns.sync(),
  );
}
