import { useSyncExternalStore } from 'react';

export const viewNames = ['overview', 'board', 'executions', 'feed', 'refused', 'connections'] as const;
export type ViewName = (typeof viewNames)[number];

/** The current location, stored in the URL fragment. */
export interface Route {
  readonly view: ViewName;
  /** The selected execution; only in the view `executions`. */
  readonly execution: string | null;
  /** The task shown in the drawer. */
  readonly task: string | null;
  /** The project that all views are filtered by. */
  readonly project: string | null;
}

/** Parses a URL fragment. Anything invalid leads to the overview. */
function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  const [first = '', ...rest] = path.split('/');
  const parameters = new URLSearchParams(query);
  const view = viewNames.find((name) => name === first) ?? 'overview';
  const execution = view === 'executions' && rest.length > 0 ? decode(rest.join('/')) : '';
  return { view, execution: execution === '' ? null : execution, task: parameters.get('task'), project: parameters.get('project') };
}

/** Returns the URL fragment of a route, including `#`. */
export function routeHref({ view, execution, task, project }: Route): string {
  const parameters = new URLSearchParams();
  if (project !== null) parameters.set('project', project);
  if (task !== null) parameters.set('task', task);
  const query = parameters.size > 0 ? `?${parameters.toString()}` : '';
  const path = view === 'overview' ? '' : view;
  return `#/${path}${view === 'executions' && execution !== null ? `/${encodeURIComponent(execution)}` : ''}${query}`;
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

/** Returns the current route. The object is stable until the URL changes. */
export function useRoute(): Route {
  return useSyncExternalStore(subscribe, currentRoute);
}

/** Changes parts of the current route. */
export function navigate(changes: Partial<Route>): void {
  location.hash = routeHref({ ...currentRoute(), ...changes });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // Entered by hand, with an invalid % escape.
  }
}
