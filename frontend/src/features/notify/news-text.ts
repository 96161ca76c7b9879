import { t } from '../../i18n/messages';
import type { Route } from '../navigation/route';
import type { Item, News } from './news';

const maxTitles = 3;
const maxLength = 200;

/** What a notification says: its title, and more lines. */
export function newsText({ failures, input, silent, link }: News): { readonly title: string; readonly body: string } {
  const lines = [
    ...(link === null ? [] : [t(`notify.link.${link}`)]),
    ...listText('failures', failures),
    ...listText('input', input),
    ...listText('silent', silent),
  ];
  const names = [...failures, ...input, ...silent].slice(0, maxTitles).map(({ title }) => title.slice(0, maxLength));
  const [title = '', ...others] = lines;
  return { title, body: [...others, ...names].join('\n') };
}

function listText(name: 'failures' | 'input' | 'silent', items: readonly Item[]): string[] {
  if (items.length === 0) return [];
  const project = singleProject(items);
  const count = items.length;
  return [project === null ? t(`notify.${name}`, { count }) : t(`notify.${name}.project`, { count, project })];
}

/** The project of all of them; `null`: they have none, or several. */
function singleProject(items: readonly Item[]): string | null {
  const project = items[0]?.project;
  return project !== undefined && project !== '' && items.every((item) => item.project === project) ? project : null;
}

/** Where a notification leads to: the single task or execution, or the view that shows all of them. */
export function newsPlace({ failures, input, silent }: News): Partial<Route> {
  const all = [...failures, ...input, ...silent];
  const project = singleProject(all);
  const [item] = all;
  const home = { view: 'overview', execution: null, task: null, project } as const;
  if (item === undefined) return { ...home, project: null };
  if (all.length > 1) return input.length === all.length ? { ...home, view: 'executions' } : home;
  return item.kind === 'task' ? { ...home, task: item.id } : { ...home, view: 'executions', execution: item.id };
}
