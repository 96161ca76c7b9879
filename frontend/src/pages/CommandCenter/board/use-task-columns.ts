import { useRelay } from 'cecelia-client/react';
import { createContext, useContext, useMemo, useSyncExternalStore } from 'react';
import { usePacedSubscribe } from '../../../features/relay/paced';
import { TaskColumns } from './task-columns';

/** The columns of the selected project, shared by several panels. */
export const ColumnsContext = createContext<TaskColumns | null>(null);

/** Returns the shared columns, or separate ones for a search. Rerenders when their content changes. */
export function useTaskColumns(project: string | null, search: string): TaskColumns {
  const { view } = useRelay();
  const shared = useSharedColumns();
  const columns = useMemo(() => {
    if (search.trim() === '') return shared;
    const created = new TaskColumns(view);
    created.filter(project, search);
    return created;
  }, [view, shared, project, search]);
  useSync(columns);
  return columns;
}

/** Returns the shared columns. The caller synchronizes them. */
export function useSharedColumns(): TaskColumns {
  const columns = useContext(ColumnsContext);
  if (columns === null) throw new Error('useSharedColumns must be used inside ColumnsContext');
  return columns;
}

/** Shortest time between two updates of a board, in milliseconds. */
const intervalMs = 200;

function useSync(columns: TaskColumns): void {
  useSyncExternalStore(usePacedSubscribe(intervalMs), () => columns.sync());
}
