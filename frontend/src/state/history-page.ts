import type { CeceliaEvent, GapData, Position, SnapshotData, Timestamp } from '../types/messages';
import type { OtherEvent } from '../services/relay-connection';
import type { SectionName } from './live-view';

/** An event of the relay's history, with the time at which the relay accepted it. */
export type PastEvent = (CeceliaEvent | OtherEvent) & { readonly received: Timestamp };

/** The state at an earlier moment (PROTOCOL.md, "Base"). */
export interface HistoryBase extends Pick<SnapshotData, SectionName> {
  readonly position: Position;
  readonly at: Timestamp;
  readonly silentAfterMs: number;
  /** The entities that were removed since without an event, in this order. */
  readonly evicted: readonly EvictedEntity[];
}

/** An entity that was removed without an event. */
export interface EvictedEntity {
  readonly section: SectionName;
  readonly id: string;
  readonly execution_id?: string;
  readonly project_id?: string;
  /** It was removed directly after the event at this position. */
  readonly after: Position;
}

/** A response of `GET /api/v1/history` (PROTOCOL.md, "History over HTTP"). */
export interface HistoryPage {
  /** The position up to which the page reaches. */
  readonly position: Position;
  /** The position for the request of the next older page; `null`: the relay has no older events. */
  readonly before: Position | null;
  /** False if events are missing in the page: at the gap with which it begins, or because the relay has dropped their content. */
  readonly complete: boolean;
  /** The gap that precedes the events of the page. */
  readonly gap?: GapData;
  /** The `id` of its message. */
  readonly gapId?: Position;
  /** The state before the events, if it was requested; `null`: there is none within the limits of the request. */
  readonly base?: HistoryBase | null;
  /** Oldest first. */
  readonly events: readonly PastEvent[];
}

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
