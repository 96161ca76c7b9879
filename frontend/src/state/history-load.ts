import { parseJson } from '../services/exact-json';
import type { RelayFilter } from '../services/relay-url';
import type { HistoryBase, HistoryPage } from './history-page';

/** Fetches `path`, relative to the address of the relay, with the headers that the relay requires. */
export type FetchPath = (path: string, signal?: AbortSignal) => Promise<Response>;

/** A base and the pages after it, oldest first. */
export interface LoadedHistory {
  readonly base: HistoryBase;
  readonly pages: readonly HistoryPage[];
}

export interface HistoryLimits {
  readonly filter: RelayFilter;
  readonly maxEvents: number;
  /** Maximum size of all events, and of the base, in characters of JSON. */
  readonly maxSize: number;
}

/**
 * Why the history could not be loaded: an error code of the relay (PROTOCOL.md, "History over HTTP"); or `unreachable`: the relay did not respond;
 * `not_json`: the response is not one of the relay; `too_large`: not even the events after the newest base are within the limits.
 */
export class HistoryError extends Error {
  override readonly name = 'HistoryError';

  constructor(
    readonly reason: string,
    message: string,
    /** The HTTP status; 0: there was no response. */
    readonly status = 0,
  ) {
    super(message);
  }
}

const pageLimit = 1000;
/** Maximum number of times that loading is started again because the relay has dropped events after the base meanwhile. */
const restartLimit = 4;
/** Maximum number of attempts for one page while the relay is busy, and the longest wait between them. */
const attemptLimit = 5;
const longestWaitMs = 5000;

/** Loads the oldest base that the limits allow, and all events after it. @throws HistoryError */
export async function loadHistory(fetchPath: FetchPath, limits: HistoryLimits, signal?: AbortSignal): Promise<LoadedHistory> {
  let maxEntries = limits.maxEvents;
  for (let restarts = 0; ;) {
    try {
      const loaded = await loadOnce(fetchPath, limits, maxEntries, signal);
      if (typeof loaded !== 'number') return loaded;
      // Too large: with half of the events that were loaded.
      maxEntries = Math.floor(Math.min(loaded, maxEntries) / 2);
      if (maxEntries === 0) throw tooLarge();
    } catch (error) {
      const isDropped = error instanceof HistoryError && error.reason === 'position_unknown';
      if (!isDropped || restarts++ === restartLimit) throw error;
    }
  }
}

/** Returns the number of events if they are too large. */
async function loadOnce(
  fetchPath: FetchPath,
  { filter, maxSize }: HistoryLimits,
  maxEntries: number,
  signal?: AbortSignal,
): Promise<LoadedHistory | number> {
  const [newest, firstSize] = await fetchPage(fetchPath, query(filter, { base: String(maxEntries) }), signal);
  const { base } = newest;
  if (base === null || base === undefined) throw tooLarge();
  const pages = [newest];
  let size = 0;
  // The base has a limit of its own.
  if (firstSize > 2 * maxSize) throw tooLarge();
  for (let { before } = newest; before !== null;) {
    const [page, pageSize] = await fetchPage(fetchPath, query(filter, { since: base.position, before }), signal);
    pages.unshift(page);
    size += pageSize;
    if (size > maxSize) return pages.reduce((sum, { events }) => sum + events.length, 0);
    ({ before } = page);
  }
  return { base, pages };
}

function query(filter: RelayFilter, more: Readonly<Record<string, string>>): string {
  const parameters = new URLSearchParams({ ...more, limit: String(pageLimit) });
  for (const name of ['project', 'task', 'execution', 'events'] as const) {
    for (const value of [filter[name] ?? []].flat()) parameters.append(name, value);
  }
  return `api/v1/history?${parameters.toString()}`;
}

async function fetchPage(fetchPath: FetchPath, path: string, signal?: AbortSignal): Promise<[page: HistoryPage, size: number]> {
  for (let attempt = 1; ; attempt++) {
    let response: Response;
    let text: string;
    try {
      response = await fetchPath(path, signal);
      text = await response.text();
    } catch (error) {
      signal?.throwIfAborted();
      throw new HistoryError('unreachable', error instanceof Error ? error.message : String(error));
    }
    signal?.throwIfAborted();
    if (response.ok) return [pageOf(text), text.length];
    const isBusy = response.status === 429 || response.status === 503;
    if (!isBusy || attempt === attemptLimit) throw refusal(response.status, text);
    const seconds = Number(response.headers.get('Retry-After') ?? 1);
    await new Promise((resolve) => setTimeout(resolve, Math.min(longestWaitMs, (Number.isFinite(seconds) ? seconds : 1) * 1000)));
  }
}

function pageOf(text: string): HistoryPage {
  const page = parsed(text);
  if (!Array.isArray(page?.events)) throw new HistoryError('not_json', 'The response of the relay is not a page of its history');
  return page as unknown as HistoryPage;
}

function refusal(status: number, text: string): HistoryError {
  const { error, message } = parsed(text) ?? {};
  return new HistoryError(
    typeof error === 'string' ? error : 'not_json',
    typeof message === 'string' ? message : `The relay returned HTTP ${status}`,
    status,
  );
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = parseJson(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

function tooLarge(): HistoryError {
  return new HistoryError('too_large', 'The history of the relay is larger than the limits of this page');
}
