import { useSyncExternalStore } from 'react';

export const viewNames = ['overview', 'board', 'executions', 'feed', 'refused'] as const;
export type ViewName = (typeof viewNames)[number];

/** Where the reader is, as the address says after its `#`. */
export interface Route {
  readonly view: ViewName;
  /** The run that is looked at; only in the view `executions`. */
  readonly run: string | null;
  /** The task in the drawer. */
  readonly task: string | null;
  /** The project that all views are narrowed to. */
  readonly project: string | null;
}

/** What does not parse leads to the overview. */
function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  const [first = '', ...rest] = path.split('/');
  const parameters = new URLSearchParams(query);
  const view = viewNames.find((name) => name === first) ?? 'overview';
  const run = view === 'executions' && rest.length > 0 ? decode(rest.join('/')) : '';
  return { view, run: run === '' ? null : run, task: parameters.get('task'), project: parameters.get('project') };
}

/** The address of a route, beginning with `#`. */
export function routeHref({ view, run, task, project }: Route): string {
  const parameters = new URLSearchParams();
  if (project !== null) parameters.set('project', project);
  if (task !== null) parameters.set('task', task);
  const query = parameters.size > 0 ? `?${parameters.toString()}` : '';
  const path = view === 'overview' ? '' : view;
  return `#/${path}${view === 'executions' && run !== null ? `/${encodeURIComponent(run)}` : ''}${query}`;
}

let seen: { hash: string; route: Route } | undefined;

function currentRoute(): Route {
  if (seen?.hash !== location.hash) seen = { hash: location.hash, route: parseRoute(location.hash) };
  return seen.route;
}

function subscribe(listener: () => void): () => void {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
}

/** The present route; the same object until the address changes. */
export function useRoute(): Route {
  return useSyncExternalStore(subscribe, currentRoute);
}

/** Goes there, from where the reader is. */
export function go(changes: Partial<Route>): void {
  location.hash = routeHref({ ...currentRoute(), ...changes });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // Typed by hand, with a lone %.
  }
}
