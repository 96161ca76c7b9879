import { useCallback, useSyncExternalStore } from 'react';
import { type Language, languages } from '../../i18n/languages';
import { language } from '../../i18n/preferences';

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
  /** The moment of the relay's history that is shown: a position, or `begin`; `null`: the present. */
  readonly at: string | null;
  /** The language of the address, which a link may contain; `null`: the one that this browser prefers. */
  readonly lang: Language | null;
  /** Whether the page is on a wall: one view after another, without controls. */
  readonly wall: boolean;
  /** What the view shows: search, filters, order, open row. It belongs to one view, and is not part of links to others. */
  readonly shown: Shown;
}

interface Shown {
  /** The path of the view. */
  readonly path: string;
  readonly values: Readonly<Record<string, string>>;
}

/** Parameters of the whole page. All others belong to the view. */
const pageParameters: ReadonlySet<string> = new Set(['project', 'task', 'at', 'lang', 'wall']);
/** Maximum length of a value and number of values in an address, which may have been written by anyone. */
const maxLength = 500;
const maxValues = 20;

/** The path and the parameters of a URL fragment. The value of a parameter may have a question mark. */
function partsOf(hash: string): readonly [path: string, query: string] {
  const text = hash.replace(/^#?\/?/, '');
  const at = text.indexOf('?');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** Parses a URL fragment. Anything invalid leads to the overview. */
function parseRoute(hash: string): Route {
  const [path, query] = partsOf(hash);
  const [first = '', ...rest] = path.split('/');
  const parameters = new URLSearchParams(query);
  const view = viewNames.find((name) => name === first) ?? 'overview';
  const execution = view === 'executions' && rest.length > 0 ? decode(rest.join('/')) : '';
  const values = [...parameters].filter(([name, value]) => !pageParameters.has(name) && value.length <= maxLength).slice(0, maxValues);
  const route = {
    view,
    execution: execution === '' ? null : execution,
    task: parameters.get('task'),
    project: parameters.get('project'),
    at: parameters.get('at'),
    lang: languages.find((name) => name === parameters.get('lang')) ?? null,
    wall: parameters.has('wall'),
  };
  return { ...route, shown: { path: pathOf(route), values: Object.fromEntries(values) } };
}

function pathOf({ view, execution }: Pick<Route, 'view' | 'execution'>): string {
  if (view === 'overview') return '';
  return view === 'executions' && execution !== null ? `${view}/${encodeURIComponent(execution)}` : view;
}

/** Returns the URL fragment of a route, including `#`. */
export function routeHref(route: Route): string {
  const { task, project, at, lang, wall, shown } = route;
  const path = pathOf(route);
  const parameters = new URLSearchParams(shown.path === path ? shown.values : {});
  if (project !== null) parameters.set('project', project);
  if (task !== null) parameters.set('task', task);
  if (at !== null) parameters.set('at', at);
  if (lang !== null) parameters.set('lang', lang);
  const query = [...(wall ? ['wall'] : []), ...(parameters.size > 0 ? [parameters.toString()] : [])].join('&');
  return `#/${path}${query === '' ? '' : `?${query}`}`;
}

/** The least time between two changes of the address, in milliseconds: browsers refuse more than some hundred in half a minute. */
const writeIntervalMs = 300;

let seenHash: string | undefined;
let route: Route = parseRoute('');
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

/** Returns the current route. In a component, use `useRoute`. */
export function currentRoute(): Route {
  if (seenHash !== location.hash) {
    // The user went to another address: what was not written yet belongs to the one before.
    clearTimeout(timer);
    timer = undefined;
    seenHash = location.hash;
    route = parseRoute(location.hash);
  }
  return route;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener('hashchange', listener);
  return () => {
    listeners.delete(listener);
    removeEventListener('hashchange', listener);
  };
}

/**
 * Moves the parameters of `?wall` to the fragment, where all others are, so that both addresses are the same page. A token there was sent to the server, and
 * is not used.
 */
function moveWallToFragment(): void {
  const parameters = new URLSearchParams(location.search);
  if (!parameters.has('wall')) return;
  parameters.delete('token');
  const [path, own] = partsOf(location.hash);
  for (const [name, value] of new URLSearchParams(own)) parameters.set(name, value);
  history.replaceState(history.state, '', `${location.pathname}#/${path}?${parameters.toString()}`);
}

/** Takes a parameter out of the address, so that it is neither shown nor part of a link. */
export function takeParameter(name: string): string | null {
  const [path, query] = partsOf(location.hash);
  const parameters = new URLSearchParams(query);
  const value = parameters.get(name);
  if (value === null) return null;
  parameters.delete(name);
  history.replaceState(history.state, '', `${location.pathname}${location.search}#/${path}?${parameters.toString()}`);
  return value;
}

/** Uses the language of the address, now and whenever the address changes. Called once at startup, before the first render. */
export function startRoute(): void {
  moveWallToFragment();
  const useLanguageOfAddress = () => language.override(currentRoute().lang);
  useLanguageOfAddress();
  addEventListener('hashchange', useLanguageOfAddress);
}

/** The address of a place. It contains nothing else of what this page shows, except the language of its address. */
export function addressOf(place: Partial<Route>): string {
  const path = routeHref({ ...parseRoute(''), lang: currentRoute().lang, ...place });
  return new URL(path, `${location.origin}${location.pathname}`).href;
}

/** The address of the wall of a project, or of all, in the language of this page. It contains no token. */
export function wallAddress(project: string | null): string {
  return addressOf({ project, lang: language.get(), wall: true });
}

/** Goes to an address of this page. Of any other, nothing is used but what follows the `#`. */
export function followLink(href: string): void {
  goTo(new URL(href).hash);
}

/** Returns the current route. The object is stable until the URL changes. */
export function useRoute(): Route {
  return useSyncExternalStore(subscribe, currentRoute);
}

/** The task shown in the drawer. */
export function currentTask(): string | null {
  return currentRoute().task;
}

/** Changes parts of the current route. */
export function navigate(changes: Partial<Route>): void {
  goTo(routeHref({ ...currentRoute(), ...changes }));
}

/** Goes to an address at once. Browsers report a new address only some frames later, and the next key may come before. */
function goTo(hash: string): void {
  write();
  location.hash = hash;
  for (const listener of listeners) listener();
}

/** Changes what the view shows, without a new entry in the browser's history. An empty value is removed. */
function show(name: string, value: string): void {
  const { shown, ...rest } = currentRoute();
  const others = Object.entries(shown.values).filter(([other]) => other !== name);
  const values = Object.fromEntries(value === '' ? others : [...others, [name, value]]);
  route = { ...rest, shown: { path: pathOf(rest), values } };
  timer ??= setTimeout(write, writeIntervalMs);
  for (const listener of listeners) listener();
}

/** Changes the moment of the address, without a new entry in the browser's history. */
export function showMoment(at: string | null): void {
  if (currentRoute().at === at) return;
  route = { ...route, at };
  timer ??= setTimeout(write, writeIntervalMs);
  for (const listener of listeners) listener();
}

/** Writes the route to the address bar, if it is not there yet. */
function write(): void {
  if (timer === undefined) return;
  // A link has been followed meanwhile, which ends the timer.
  if (seenHash !== location.hash) {
    currentRoute();
    return;
  }
  clearTimeout(timer);
  timer = undefined;
  history.replaceState(history.state, '', routeHref(route));
  seenHash = location.hash;
}

/**
 * A value of the view that is part of its address, so that it survives a reload and can be sent as a link: a search, a filter, an order, an open row. As
 * `useState`. `fallback` is the value without an entry in the address.
 */
export function useShown(name: string, fallback = ''): [value: string, set: (value: string) => void] {
  const { shown } = useRoute();
  const value = shown.values[name] ?? fallback;
  const set = useCallback((next: string) => show(name, next === fallback ? '' : next), [name, fallback]);
  return [value, set];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // Entered by hand, with an invalid % escape.
  }
}
