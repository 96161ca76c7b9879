import type { Route } from '../navigation/route';

/** The request that returns what a view is made of, relative to the page. Searches and the order are of the page and not part of it. */
export function requestPath({
  view,
  execution,
  task,
  project,
  shown,
}: Pick<Route, 'view' | 'execution' | 'task' | 'project' | 'shown'>): string {
  if (task !== null) return `api/v1/tasks/${encodeURIComponent(task)}`;
  if (view === 'refused' || view === 'connections') return `api/v1/${view}`;
  if (view === 'executions' && execution !== null) return `api/v1/executions/${encodeURIComponent(execution)}`;
  const parameters = new URLSearchParams(project === null ? {} : { project });
  if (view === 'feed') {
    const event = shown.values.event ?? '';
    if (event !== '') parameters.set('events', event);
    parameters.set('limit', '1000');
  }
  return `api/v1/${view === 'feed' ? 'history' : 'state'}${parameters.size > 0 ? `?${parameters.toString()}` : ''}`;
}

/** A command for a POSIX shell. The token of the page is never in it: with `needsToken` the shell takes it from its variable `TOKEN`. */
export function curlOf(url: string, needsToken: boolean): string {
  const token = needsToken ? ' -H "Authorization: Bearer $TOKEN"' : '';
  return `curl -sS${token} ${shellQuoted(url)}`;
}

/** The command for what a route shows. @param base The address of the page. */
export function curlOfRoute(route: Parameters<typeof requestPath>[0], base: string, needsToken: boolean): string {
  return curlOf(new URL(requestPath(route), base).href, needsToken);
}

/** A word of a POSIX shell, whatever it contains. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
