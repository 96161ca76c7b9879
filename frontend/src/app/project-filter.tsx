import { useMemo } from 'react';
import buttons from '../components/button.module.css';
import { classNames } from '../components/class-names';
import { useRelay } from '../components/relay-context';
import { go, useRoute } from '../components/route';
import { useThrottledVersion } from '../components/use-throttled-version';
import styles from './project-filter.module.css';

/** Narrows all views to one of the projects that are known. */
export function ProjectFilter() {
  const { project } = useRoute();
  const projects = useProjects();
  const listed = project !== null && !projects.includes(project) ? [...projects, project] : projects;
  return (
    <select
      className={classNames(buttons.field, styles.select)}
      value={project ?? ''}
      onChange={(event) => go({ project: event.target.value === '' ? null : event.target.value })}
      aria-label="Project"
    >
      <option value="">All projects</option>
      {listed.map((id) => (
        <option key={id} value={id} translate="no">
          {id}
        </option>
      ))}
    </select>
  );
}

/** The projects that anything belongs to, in order; looked for once a second at most. */
function useProjects(): readonly string[] {
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
