import { type ReactNode, useEffect } from 'react';
import type { RelayConnection } from '../services/relay-connection';
import { pageViews, viewOf, type ViewOptions } from '../state/shared-views';
import { RelayContext } from './relay-context';

export interface RelayProviderProps extends ViewOptions {
  /** A connection that you created. The provider connects it if necessary, and does not close it. The state starts with the messages from now on. */
  readonly connection?: RelayConnection;
  readonly children?: ReactNode;
}

/** Provides one connection and its state to the hooks below. Providers with equal options share a connection. */
export function RelayProvider({ connection, children, ...options }: RelayProviderProps) {
  // The same object for equal options, as long as it is held.
  const provided = connection ? viewOf(connection) : pageViews.get(options);
  useEffect(() => provided.hold(), [provided]);
  return <RelayContext.Provider value={provided}>{children}</RelayContext.Provider>;
}
