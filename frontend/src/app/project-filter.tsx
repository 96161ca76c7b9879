import { useRelay } from 'cecelia-client/react';
import { useMemo } from 'react';
import buttons from '../components/button.module.css';
import { classNames } from '../components/class-names';
import { navigate, useRoute } from '../features/navigation/route';
import { useThrottledVersion } from '../features/relay/use-throttled-version';
import { t } from '../i18n/messages';
import styles from './project-filter.module.css';

/** Restricts all views to one of the known projects. */
export function ProjectFilter() {
  const { project } = useRoute();
  const projects = useProjects();
  const listed = project !== null && !projects.includes(project) ? [...projects, project] : projects;
  return (
    <select
      className={classNames(buttons.field, styles.select)}
      value={project ?? ''}
      onChange={(event) => navigate({ project: event.target.value === '' ? null : event.target.value })}
      aria-label={t('shell.project')}
    >
      <option value="">{t('shell.project.all')}</option>
      {listed.map((id) => (
        <option key={id} value={id} translate="no">
          {id}
        </option>
      ))}
    </select>
  );
}

/** Returns the ids of all known projects, sorted. Recomputed at most once a second. */
export function useProjects(): readonly string[] {
  const { view } = useRelay();
  const version = useThrottledVersion(undefined, 1000);
  return useMemo(() => {
    const found = new Set(view.sections.projects.keys());
    for (const section of ['tasks', 'executions', 'agents'] as const) {
      for (const { project_id: id } of view.sections[section].values()) if (id !== undefined) found.add(id);
    }
    found.delete('');
    return [...found].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the sections change in place, `version` changes with them
  }, [view, version]);
}
