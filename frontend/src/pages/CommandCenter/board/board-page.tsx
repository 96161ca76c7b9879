import { useRelay } from 'cecelia-client/react';
import { Search } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import buttons from '../../../components/button.module.css';
import { EmptyState } from '../../../components/empty-state';
import { navigate, useRoute } from '../../../features/navigation/route';
import { SearchField } from '../../../components/search-field';
import { formatCount, formatQuantity } from '../../../format/format-time';
import { ConnectionFallback } from '../../../features/connection/connection-fallback';
import { TaskBoard } from '../components/TaskBoard';
import { NoTasks } from '../overview/no-tasks';
import layout from '../page.module.css';
import { Agents } from './agents';
import { BoardSkeleton } from './board-skeleton';
import { useTaskColumns } from './use-task-columns';

/** All tasks by status, with a search field. */
export function BoardPage() {
  const { view } = useRelay();
  const { project } = useRoute();
  const [search, setSearch] = useState('');
  const columns = useTaskColumns(project, useDeferredValue(search));
  const { size, total } = columns;
  return (
    <div className={layout.page}>
      <header className={layout.header}>
        <h1>Board</h1>
        <p>
          <span>
            {!view.hasState
              ? ''
              : size === total
                ? formatQuantity(size, 'task')
                : `Showing ${formatCount(size)} of ${formatQuantity(total, 'task')}`}
          </span>
          {project !== null && <span translate="no">{` · ${project}`}</span>}
        </p>
        <SearchField value={search} onChange={setSearch} placeholder="Search title, ID, project, worker, error" label="Search tasks" />
      </header>
      <Agents project={project} />
      <div className={layout.fill}>
        {!view.hasState ? (
          <ConnectionFallback>
            <BoardSkeleton />
          </ConnectionFallback>
        ) : view.sections.tasks.size === 0 ? (
          <NoTasks />
        ) : size === 0 ? (
          <EmptyState title="No matching tasks" icon={Search}>
            <p>{search === '' ? `There are no tasks in project ${project ?? ''}.` : `No tasks match “${search}”.`}</p>
            <p className={buttons.below}>
              {search !== '' && (
                <button type="button" className={buttons.button} onClick={() => setSearch('')}>
                  Clear search
                </button>
              )}
              {project !== null && (
                <button type="button" className={buttons.button} onClick={() => navigate({ project: null })}>
                  Show all projects
                </button>
              )}
            </p>
          </EmptyState>
        ) : (
          <TaskBoard columns={columns} />
        )}
      </div>
    </div>
  );
}
