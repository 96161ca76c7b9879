import type { TokenSource } from '../services/access';
import type { RelayConnection, Unsubscribe } from '../services/relay-connection';
import type { RelayFilter } from '../services/relay-url';
import { SharedRelayClient } from '../services/shared-relay-client';
import { RelayClient } from '../services/relay-client';
import { LiveState } from './live-state';
import type { LiveView } from './live-view';

/** A connection to the relay and its state, or another view that is shown in its place. */
export interface RelayView<View extends LiveView = LiveState> {
  readonly connection: RelayConnection;
  readonly view: View;
  /** The state of the connection. The same as `view`, unless a `RelayProvider` was given another one. */
  readonly live: LiveState;
  /** Opens the connection, and keeps it open until every caller has called the function that was returned to it. */
  hold(): Unsubscribe;
}

/** Options of a shared connection. Equal options share one connection. */
export interface ViewOptions {
  /** The relay's address, relative to the page. Default `ws`, beside the page. */
  readonly url?: string;
  readonly filter?: RelayFilter;
  /** Returns the token that the relay requires, as the option of `RelayClient`. Of components with otherwise equal options, the latest function is used. */
  readonly token?: TokenSource;
  /**
   * Returns the port of the worker that owns the connection of all tabs, if the browser has shared workers:
   * `() => new SharedWorker(new URL('cecelia-client/shared-worker', import.meta.url), { type: 'module' }).port`. Default: each page has its own connection.
   */
  readonly shared?: () => MessagePort;
}

/** Creates a connection that is not connected yet. */
export type MakeConnection = (options: ViewOptions) => RelayConnection;

/** How long a connection that is no longer held stays open, in milliseconds: the next page of the application often needs it again immediately. */
const lingerMs = 1000;
/** How long a connection that was never held is kept, in milliseconds. */
const unusedMs = 30_000;

const connectionOf: MakeConnection = ({ shared: port, url = 'ws', ...options }) =>
  port && typeof SharedWorker !== 'undefined' ? new SharedRelayClient({ ...options, url, port }) : new RelayClient({ ...options, url });

/** A connection with several users: opened when the first one holds it, and closed after the last one has released it. */
export class SharedView implements RelayView {
  readonly connection: RelayConnection;
  readonly view: LiveState;
  readonly live: LiveState;
  token: TokenSource | undefined;
  #holders = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `kept` is called with whether this connection may still be used. */
  constructor(
    make: () => RelayConnection,
    filter: RelayFilter | undefined,
    readonly kept: (isKept: boolean) => void,
  ) {
    this.connection = make();
    this.view = this.live = new LiveState(this.connection, { filter });
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

  // The state stays subscribed: a component that still has this view may hold it again.
  #close(): void {
    this.connection.close();
    this.kept(false);
  }
}

/** The connections of a page: one for each address and filter. */
export class SharedViews {
  readonly #views = new Map<string, SharedView>();

  constructor(readonly make: MakeConnection = connectionOf) {}

  /** The connection with these options. It is not opened before it is held. */
  get(options: ViewOptions): SharedView {
    const key = viewKey(options);
    const known = this.#views.get(key);
    if (known) {
      known.token = options.token;
      return known;
    }
    // A component that renders again may pass another function, which has the present values.
    const latest: TokenSource = () => view.token?.() ?? Promise.resolve('');
    const view: SharedView = new SharedView(
      () => this.make(options.token ? { ...options, token: latest } : options),
      options.filter,
      (isKept) => {
        if (isKept) this.#views.set(key, view);
        else if (this.#views.get(key) === view) this.#views.delete(key);
      },
    );
    view.token = options.token;
    this.#views.set(key, view);
    return view;
  }
}

/** Equal for equal options. */
function viewKey({ url, filter = {}, shared, token }: ViewOptions): string {
  const { project, task, execution, events } = filter;
  return JSON.stringify([
    url ?? null,
    shared !== undefined,
    token !== undefined,
    ...[project, task, execution, events].map((values) => [values ?? []].flat()),
  ]);
}

/** A timer that does not keep a Node process alive. */
function later(callback: () => void, ms: number): ReturnType<typeof setTimeout> {
  const timer = setTimeout(callback, ms);
  (timer as unknown as { unref?: () => void }).unref?.();
  return timer;
}

/** The connections of this page. */
export const pageViews = /* @__PURE__ */ new SharedViews();

const ownViews = new WeakMap<RelayConnection, RelayView>();

/** The view of a connection that the caller created and will close. Its state starts with the messages from now on. */
export function viewOf(connection: RelayConnection): RelayView {
  let own = ownViews.get(connection);
  if (!own) {
    const hold = () => {
      if (connection.state.status === 'idle') connection.connect();
      return () => undefined;
    };
    const live = new LiveState(connection);
    ownViews.set(connection, (own = { connection, view: live, live, hold }));
  }
  return own;
}
