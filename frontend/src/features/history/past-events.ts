import { isConnected, type RelayConnection } from 'cecelia-client';
import { type HistoryPage, type LiveState, loadPast, type PastEnd } from 'cecelia-client/state';
import { ApiError, getJson, isObject } from '../relay/relay-api';

/** What is known of the events before this page was opened. */
export type PastStatus =
  | { readonly status: 'waiting' }
  | { readonly status: 'loading' }
  | { readonly status: 'loaded'; readonly end: PastEnd }
  | { readonly status: 'failed'; readonly error: Error };

/** Number of attempts before a failure is reported, and the delay between them in milliseconds. */
const attempts = 3;
const retryMs = 2000;

/** The events that the relay accepted before this page was opened: loaded once, into the feed and the charts of the view. */
export class PastEvents {
  #status: PastStatus = { status: 'waiting' };
  readonly #view: LiveState;
  readonly #execution: string | null;
  readonly #listeners = new Set<() => void>();

  /** @param execution The execution that the connection of the view is filtered by; null: none. */
  constructor(view: LiveState, execution: string | null = null) {
    this.#view = view;
    this.#execution = execution;
  }

  readonly get = (): PastStatus => this.#status;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Loads the events as soon as the page is live and has its first snapshot. Returns a function that stops waiting. */
  start(connection: Pick<RelayConnection, 'onState' | 'state'>): () => void {
    const check = () => {
      if (this.#status.status === 'waiting' && isConnected(connection.state) && this.#view.startPosition !== null) void this.load();
    };
    const stops = [connection.onState(check), this.#view.subscribe(check)];
    check();
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** Loads the events, also after a failure. */
  async load(): Promise<void> {
    this.#set({ status: 'loading' });
    for (let attempt = 1; ; attempt++) {
      try {
        const end = await loadPast(this.#view, ({ before, limit }) => this.#fetchPage(before, limit));
        this.#set({ status: 'loaded', end });
        return;
      } catch (error) {
        if (attempt === attempts || !isTemporary(error)) {
          this.#set({ status: 'failed', error: error instanceof Error ? error : new Error(String(error)) });
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  async #fetchPage(before: string, limit: number): Promise<HistoryPage> {
    const query = new URLSearchParams({ before, limit: String(limit), ...(this.#execution !== null && { execution: this.#execution }) });
    const page = await getJson(`api/v1/history?${query.toString()}`).catch((error: unknown) => {
      // The journal no longer has the position: nor does it have older events.
      if (error instanceof ApiError && error.reason === 'position_unknown')
        return { position: before, before: null, complete: true, events: [] };
      throw error;
    });
    if (!isObject(page) || !Array.isArray(page.events)) throw new TypeError('The history of the relay has no events');
    return page as unknown as HistoryPage;
  }

  #set(status: PastStatus): void {
    this.#status = status;
    for (const listener of this.#listeners) listener();
  }
}

/** Whether a second attempt can succeed: the relay is busy, or cannot be reached. */
function isTemporary(error: unknown): boolean {
  return error instanceof ApiError ? error.status === 503 || error.status === 429 : error instanceof TypeError;
}

const all = new WeakMap<LiveState, PastEvents>();

/** The past events of a view, whose connection may be filtered by an execution. They are loaded once for each view. */
export function pastEventsOf(view: LiveState, execution: string | null = null): PastEvents {
  let past = all.get(view);
  if (past === undefined) all.set(view, (past = new PastEvents(view, execution)));
  return past;
}
