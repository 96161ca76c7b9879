import { type ReactNode, useEffect } from 'react';
import type { RelayConnection } from '../services/relay-connection';
import { pageViews, viewOf, type ViewOptions } from '../state/shared-views';
import { RelayContext } from './relay-context';

export interface RelayProviderProps extends ViewOptions {
  /** A connection of one's own, which the provider connects if that was not done, and does not close. What it told before is not known here. */
  readonly connection?: RelayConnection;
  readonly children?: ReactNode;
}

/** Gives the hooks below it one connection and the state that it tells of. Providers of equal options share theirs, however often they are mounted. */
export function RelayProvider({ connection, children, ...options }: RelayProviderProps) {
  // The same object for equal options, as long as somebody holds it.
  const provided = connection ? viewOf(connection) : pageViews.get(options);
  useEffect(() => provided.hold(), [provided]);
  return <RelayContext.Provider value={provided}>{children}</RelayContext.Provider>;
}
