import type { TaskEntity } from 'cecelia-client';
import type { LiveView } from 'cecelia-client/state';
import { copyText } from '../components/copy-button';
import { chooseTheme, themes } from '../components/theme';
import { pageToken } from '../features/access/token-store';
import { curlOfRoute } from '../features/export/curl';
import { presentExport } from '../features/export/present-export';
import { exportFormats, saveShown } from '../features/export/shown-data';
import { navigate, type Route, viewNames } from '../features/navigation/route';
import { bestMatches, wordsOf } from '../features/palette/palette-rank';
import { formatField } from '../format/format-value';
import { languageNames, languages } from '../i18n/languages';
import { type MessageId, t } from '../i18n/messages';
import { language, timeZone, timeZones } from '../i18n/preferences';
import { tasksByExecution } from '../pages/CommandCenter/executions/execution-tasks';
import { toggleFeedPauseEvent } from '../pages/CommandCenter/feed/pause-feed';

export const paletteGroups = ['recent', 'views', 'actions', 'projects', 'tasks', 'executions', 'preferences'] as const;
type PaletteGroup = (typeof paletteGroups)[number];

/** Something that the palette can go to or do. */
export interface PaletteItem {
  /** Unique and stable, so that it can be kept as recent. */
  readonly key: string;
  readonly group: PaletteGroup;
  readonly label: string;
  readonly detail?: string | undefined;
  /** Whether the texts were published, and may be in any language. */
  readonly isPublished?: boolean;
  readonly run: () => void;
}

/** Largest number of items of a group. */
const limit = 50;

/** Returns the items that match, in the order of the groups. Without a query: the recent ones, and all but tasks and executions. */
export function paletteItems(
  view: Pick<LiveView, 'sections'>,
  route: Route,
  query: string,
  recent: readonly string[],
  isOperator: boolean,
): readonly PaletteItem[] {
  const words = wordsOf(query);
  const fixed = fixedItems(route, isOperator);
  const matching = (items: readonly PaletteItem[]) =>
    words.length === 0 ? items : bestMatches([...items].reverse(), words, ({ label, detail }) => [label, detail], limit);
  const { tasks, executions } = view.sections;
  const projects = matching(projectsOf(view).map(projectItem));
  if (words.length === 0) {
    const known = new Map([...fixed, ...projects].map((item) => [item.key, item]));
    const recents = recent.flatMap((key) => known.get(key) ?? entityItem(view, key) ?? []);
    const shown = new Set(recents.map(({ key }) => key));
    return [
      ...recents.map((item) => ({ ...item, group: 'recent' as const })),
      ...[...fixed, ...projects].filter(({ key }) => !shown.has(key)),
    ];
  }
  const byExecution = tasksByExecution(tasks);
  return [
    ...matching(fixed),
    ...projects,
    ...bestMatches(tasks.values(), words, (task) => [formatField(task.data, 'title'), task.id], limit).map(taskItem),
    ...bestMatches(executions.values(), words, ({ id }) => [id, byExecution.get(id)?.title], limit).map(({ id }) =>
      executionItem(id, byExecution.get(id)?.title),
    ),
  ];
}

/** The item of a kept key of a task or an execution, if it still exists. */
function entityItem(view: Pick<LiveView, 'sections'>, key: string): PaletteItem | undefined {
  const id = key.slice(key.indexOf(':') + 1);
  const task = key.startsWith('task:') ? view.sections.tasks.get(id) : undefined;
  if (task !== undefined) return taskItem(task);
  return key.startsWith('execution:') && view.sections.executions.has(id) ? executionItem(id, undefined) : undefined;
}

function taskItem(task: TaskEntity): PaletteItem {
  const title = formatField(task.data, 'title');
  return {
    key: `task:${task.id}`,
    group: 'tasks',
    label: title ?? task.id,
    detail: title === undefined ? undefined : task.id,
    isPublished: true,
    run: () => navigate({ task: task.id }),
  };
}

function executionItem(id: string, title: string | undefined): PaletteItem {
  const run = () => navigate({ view: 'executions', execution: id, task: null });
  return { key: `execution:${id}`, group: 'executions', label: title ?? id, detail: title && id, isPublished: true, run };
}

function projectItem(id: string): PaletteItem {
  return { key: `project:${id}`, group: 'projects', label: id, isPublished: true, run: () => navigate({ project: id }) };
}

function projectsOf({ sections }: Pick<LiveView, 'sections'>): readonly string[] {
  const found = new Set(sections.projects.keys());
  for (const { project_id: id } of sections.tasks.values()) if (id !== undefined && found.size < 1000) found.add(id);
  found.delete('');
  return [...found].sort().slice(0, limit);
}

function fixedItems(route: Route, isOperator: boolean): readonly PaletteItem[] {
  const item = (key: string, group: PaletteGroup, label: string, run: () => void): PaletteItem => ({ key, group, label, run });
  const collect = presentExport();
  const theme = (name: (typeof themes)[number]): MessageId => `shell.preferences.theme.${name}`;
  return [
    ...viewNames
      .filter((view) => isOperator || (view !== 'refused' && view !== 'connections'))
      .map((view) => item(`view:${view}`, 'views', t(`shell.view.${view}`), () => navigate({ view, execution: null, task: null }))),
    ...(collect === null
      ? []
      : exportFormats.map((format) => item(`export:${format}`, 'actions', t(`export.${format}`), () => saveShown(collect(), format)))),
    item('copy:link', 'actions', t('export.link'), () => void copyText(location.href).catch(() => undefined)),
    item('copy:curl', 'actions', t('export.curl'), () => {
      void copyText(curlOfRoute(route, document.baseURI, pageToken.signIn.token !== '')).catch(() => undefined);
    }),
    ...(route.view === 'feed'
      ? [item('feed:pause', 'actions', t('shell.shortcuts.pause'), () => dispatchEvent(new Event(toggleFeedPauseEvent)))]
      : []),
    ...(route.project === null ? [] : [item('project:', 'projects', t('shell.project.all'), () => navigate({ project: null }))]),
    ...themes.map((name) =>
      item(`theme:${name}`, 'preferences', `${t('shell.preferences.theme')}: ${t(theme(name))}`, () => chooseTheme(name)),
    ),
    ...languages.map((name) =>
      item(`language:${name}`, 'preferences', `${t('shell.preferences.language')}: ${languageNames[name]}`, () => {
        language.choose(name);
        navigate({ lang: null });
      }),
    ),
    ...timeZones.map((name) =>
      item(
        `time:${name}`,
        'preferences',
        `${t('shell.preferences.time')}: ${name === 'utc' ? t('shell.preferences.time.utc') : t('palette.time.local')}`,
        () => timeZone.choose(name),
      ),
    ),
  ];
}
