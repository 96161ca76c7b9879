import { type ReactNode, useContext, useEffect, useMemo } from 'react';
import type { RelayConnection } from '../services/relay-connection';
import type { LiveView } from '../state/live-view';
import { pageViews, type RelayView, viewOf, type ViewOptions } from '../state/shared-views';
import { RelayContext } from './relay-context';

export interface RelayProviderProps extends ViewOptions {
  /** A connection that you created. The provider connects it if necessary, and does not close it. The state starts with the messages from now on. */
  readonly connection?: RelayConnection;
  /**
   * What the hooks below show in place of the state of the connection, such as a `StateHistory`. The connection stays open. Without other options, it is that
   * of the provider around this one.
   */
  readonly view?: LiveView | undefined;
  readonly children?: ReactNode;
}

/** Provides one connection and its state to the hooks below. Providers with equal options share a connection. */
export function RelayProvider({ connection, view, children, ...options }: RelayProviderProps) {
  // The same object for equal options, as long as it is held.
  const around = useContext(RelayContext);
  const inherited = view && Object.keys(options).length === 0 ? around : null;
  const provided = connection ? viewOf(connection) : (inherited ?? pageViews.get(options));
  const shown = useMemo<RelayView<LiveView>>(
    () => (view ? { connection: provided.connection, live: provided.live, view, hold: () => provided.hold() } : provided),
    [provided, view],
  );
  useEffect(() => provided.hold(), [provided]);
  return <RelayContext.Provider value={shown}>{children}</RelayContext.Provider>;
}
