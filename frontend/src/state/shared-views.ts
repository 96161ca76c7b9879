import type { RelayConnection, Unsubscribe } from '../services/relay-connection';
import type { RelayFilter } from '../services/relay-url';
import { SharedRelayClient } from '../services/shared-relay-client';
import { RelayClient } from '../services/relay-client';
import { LiveState } from './live-state';

/** A connection to the relay and the state that it tells of. */
export interface RelayView {
  readonly connection: RelayConnection;
  readonly view: LiveState;
  /** Has the connection open, until the returned function is called by the last who holds it. */
  hold(): Unsubscribe;
}

/** Which connection is wanted. Those that are equal are one. */
export interface ViewOptions {
  /** The relay's address, seen from the page. Default: `ws` beside the page. */
  readonly url?: string;
  readonly filter?: RelayFilter;
  /**
   * Gives the port of the worker that holds the connection for all tabs, where the browser has such workers:
   * `() => new SharedWorker(new URL('cecelia-client/shared-worker', import.meta.url), { type: 'module' }).port`. Default: each page has a connection of its own.
   */
  readonly shared?: () => MessagePort;
}

/** Makes a connection that is not connected yet. */
export type MakeConnection = (options: ViewOptions) => RelayConnection;

/** How long a connection that nobody needs any more is kept, in milliseconds: a page that is left for another needs it again at once. */
const lingerMs = 1000;
/** How long one that nobody has needed yet is known. */
const unusedMs = 30_000;

const connectionOf: MakeConnection = ({ shared: port, url = 'ws', ...options }) =>
  port && typeof SharedWorker !== 'undefined' ? new SharedRelayClient({ ...options, url, port }) : new RelayClient({ ...options, url });

/** A connection that several share: it is opened for the first who holds it, and closed after the last has let go. */
export class SharedView implements RelayView {
  readonly connection: RelayConnection;
  readonly view: LiveState;
  #holders = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `kept` is told whether anybody may still want this one. */
  constructor(
    make: () => RelayConnection,
    filter: RelayFilter | undefined,
    readonly kept: (isKept: boolean) => void,
  ) {
    this.connection = make();
    this.view = new LiveState(this.connection, { filter });
    this.#timer = later(() => kept(false), unusedMs);
  }

  hold(): Unsubscribe {
    clearTimeout(this.#timer);
    this.kept(true);
    if (this.#holders++ === 0) this.connection.connect();
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      if (--this.#holders === 0) this.#timer = later(() => this.#close(), lingerMs);
    };
  }

  // The state goes on listening: whoever still has this one may hold it again.
  #close(): void {
    this.connection.close();
    this.kept(false);
  }
}

/** The connections of a page, one for each address and filter, however many ask for it. */
export class SharedViews {
  readonly #views = new Map<string, SharedView>();

  constructor(readonly make: MakeConnection = connectionOf) {}

  /** The connection of these options. It is not opened before somebody holds it. */
  get(options: ViewOptions): SharedView {
    const key = viewKey(options);
    const known = this.#views.get(key);
    if (known) return known;
    const view: SharedView = new SharedView(
      () => this.make(options),
      options.filter,
      (isKept) => {
        if (isKept) this.#views.set(key, view);
        else if (this.#views.get(key) === view) this.#views.delete(key);
      },
    );
    this.#views.set(key, view);
    return view;
  }
}

/** The same for options that are equal. */
function viewKey({ url, filter = {}, shared }: ViewOptions): string {
  const { project, task, execution, events } = filter;
  return JSON.stringify([url ?? null, shared !== undefined, ...[project, task, execution, events].map((values) => [values ?? []].flat())]);
}

/** A timer that keeps no process from ending: in Node it is an object, and this can be told. */
function later(callback: () => void, ms: number): ReturnType<typeof setTimeout> {
  const timer = setTimeout(callback, ms);
  (timer as unknown as { unref?: () => void }).unref?.();
  return timer;
}

/** The connections of this page. */
export const pageViews = /* @__PURE__ */ new SharedViews();

const ownViews = new WeakMap<RelayConnection, RelayView>();

/** The view of a connection that somebody else made, and will close. It knows what the connection tells from now on. */
export function viewOf(connection: RelayConnection): RelayView {
  let own = ownViews.get(connection);
  if (!own) {
    const hold = () => {
      if (connection.state.status === 'idle') connection.connect();
      return () => undefined;
    };
    ownViews.set(connection, (own = { connection, view: new LiveState(connection), hold }));
  }
  return own;
}
