import type { HistoryResponse, Position } from '../types/messages';

export type { EvictedEntity, HistoryBase, PastEvent } from '../types/messages';

/** A response of `GET /api/v1/history` (PROTOCOL.md, "History over HTTP"). */
export type HistoryPage = HistoryResponse;

/** Fetches the page of at most `limit` events before a position. */
export type FetchHistory = (query: { readonly before: Position; readonly limit: number }) => Promise<HistoryPage>;

/** Events of a page: the maximum of the relay. */
const pageLimit = 1000;
/** Maximum number of pages, so that a filter that selects few events does not search the whole journal. */
const pagesLimit = 16;

/** A view to which older events can be added. `LiveState` is one. */
export interface PastView {
  /** The position of the state with which the view began; `null`: not known yet. */
  readonly startPosition: Position | null;
  /** Adds a page that ends where the view began, or where the page before this one began. Returns whether the view has room for more. */
  addPast(page: HistoryPage): boolean;
}

/** Why `loadPast` has ended: the relay has no older events; the view has enough; or the page limit was reached. */
export type PastEnd = 'start' | 'enough' | 'page_limit';

/**
 * Adds the events before the first live one to a view, newest page first, until it has enough. Nothing is added twice or left out: the first page ends at the
 * position of the state with which the view began. A rejection of `fetchPage` is passed on; the pages before it remain.
 */
export async function loadPast(view: PastView, fetchPage: FetchHistory, signal?: AbortSignal): Promise<PastEnd> {
  let before = view.startPosition;
  for (let pages = 0; before !== null; pages++) {
    if (pages === pagesLimit) return 'page_limit';
    const page = await fetchPage({ before, limit: pageLimit });
    signal?.throwIfAborted();
    if (!view.addPast(page)) return 'enough';
    before = page.before;
  }
  return 'start';
}
