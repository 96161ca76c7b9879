import { useRelay } from 'cecelia-client/react';
import { Search } from 'lucide-react';
import { useDeferredValue } from 'react';
import buttons from '../../../components/button.module.css';
import { EmptyState } from '../../../components/empty-state';
import { useSelection } from '../../../features/actions/selection';
import { useAllowedActions } from '../../../features/actions/use-actions';
import { ExportMenu } from '../../../features/export/export-menu';
import { navigate, useRoute, useShown } from '../../../features/navigation/route';
import { SearchField } from '../../../components/search-field';
import { published } from '../../../format/text-language';
import { t, Text } from '../../../i18n/messages';
import { ConnectionFallback } from '../../../features/connection/connection-fallback';
import { TaskBoard } from '../components/TaskBoard';
import { NoTasks } from '../overview/no-tasks';
import layout from '../page.module.css';
import { Agents } from './agents';
import { BoardActions, SelectButton } from './board-actions';
import { BoardSkeleton } from './board-skeleton';
import { shownTasks } from './shown-tasks';
import { useTaskColumns } from './use-task-columns';

/** All tasks by status, with a search field. */
export function BoardPage() {
  const { view } = useRelay();
  const { project } = useRoute();
  const [search, setSearch] = useShown('search');
  const columns = useTaskColumns(project, useDeferredValue(search));
  const { size, total } = columns;
  const selected = useSelection();
  const selection = useAllowedActions().length > 0 ? selected : null;
  return (
    <div className={layout.page}>
      <header className={layout.header}>
        <h1>{t('board.title')}</h1>
        <p>
          <span>
            {!view.hasState
              ? ''
              : size === total
                ? t('board.count', { count: size })
                : t('board.count.part', { shown: size, count: total })}
          </span>
          {project !== null && <span {...published(project)}>{` · ${project}`}</span>}
        </p>
        <SearchField value={search} onChange={setSearch} placeholder={t('board.search.hint')} label={t('board.search')} />
        {size > 0 && <ExportMenu collect={() => shownTasks(columns)} />}
        {selection !== null && size > 0 && <SelectButton selection={selection} />}
      </header>
      <Agents project={project} />
      <BoardActions selection={selection}>
        <div className={layout.fill}>
          {!view.hasState ? (
            <ConnectionFallback>
              <BoardSkeleton />
            </ConnectionFallback>
          ) : view.sections.tasks.size === 0 ? (
            <NoTasks />
          ) : size === 0 ? (
            <EmptyState title={t('board.none')} icon={Search}>
              <p>
                <Text
                  id={search === '' ? 'board.none.project' : 'board.none.search'}
                  values={{ project: project ?? '', search, name: (content) => <span translate="no">{content}</span> }}
                />
              </p>
              <p className={buttons.below}>
                {search !== '' && (
                  <button type="button" className={buttons.button} onClick={() => setSearch('')}>
                    {t('common.search.clear')}
                  </button>
                )}
                {project !== null && (
                  <button type="button" className={buttons.button} onClick={() => navigate({ project: null })}>
                    {t('board.all-projects')}
                  </button>
                )}
              </p>
            </EmptyState>
          ) : (
            <TaskBoard columns={columns} />
          )}
        </div>
      </BoardActions>
    </div>
  );
}
