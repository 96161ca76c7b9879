import { Search } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import buttons from '../../../components/button.module.css';
import { Empty } from '../../../components/empty';
import { useRelay } from '../../../components/relay-context';
import { go, useRoute } from '../../../components/route';
import { SearchField } from '../../../components/search-field';
import { countWords, ofWords } from '../../../components/time-words';
import { Unreached } from '../../../components/unreached';
import { TaskBoard } from '../components/TaskBoard';
import { Welcome } from '../overview/welcome';
import layout from '../page.module.css';
import { Agents } from './agents';
import { BoardSkeleton } from './board-skeleton';
import { useTaskColumns } from './use-task-columns';

/** All tasks by status, with a search. */
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
          <span>{size === total ? ofWords(size, 'task') : `Showing ${countWords(size)} of ${ofWords(total, 'task')}`}</span>
          {project !== null && <span translate="no">{` · ${project}`}</span>}
        </p>
        <SearchField value={search} onChange={setSearch} placeholder="Search title, ID, project, worker, error" label="Search tasks" />
      </header>
      <Agents project={project} />
      <div className={layout.fill}>
        {!view.hasState ? (
          <Unreached>
            <BoardSkeleton />
          </Unreached>
        ) : view.sections.tasks.size === 0 ? (
          <Welcome />
        ) : size === 0 ? (
          <Empty title="No matching tasks" icon={Search}>
            <p>{search === '' ? `There are no tasks in project ${project ?? ''}.` : `No tasks match “${search}”.`}</p>
            <p className={buttons.below}>
              {search !== '' && (
                <button type="button" className={buttons.button} onClick={() => setSearch('')}>
                  Clear search
                </button>
              )}
              {project !== null && (
                <button type="button" className={buttons.button} onClick={() => go({ project: null })}>
                  Show all projects
                </button>
              )}
            </p>
          </Empty>
        ) : (
          <TaskBoard columns={columns} />
        )}
      </div>
    </div>
  );
}
