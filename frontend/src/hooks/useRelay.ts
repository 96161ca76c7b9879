import { useContext, useEffect } from 'react';
import type { RelayConnection } from '../services/relay-connection';
import type { LiveView } from '../state/live-view';
import { pageViews, type RelayView, type ViewOptions } from '../state/shared-views';
import { RelayContext } from './relay-context';

const defaults: ViewOptions = {};

/**
 * The connection and the state of the nearest `RelayProvider`; without one, of the connection with these options (by default: every event, from `ws` beside
 * the page), which all hooks without a provider share.
 */
export function useRelay(withoutProvider = defaults): RelayView<LiveView> {
  const provided = useContext(RelayContext);
  const used = provided ?? pageViews.get(withoutProvider);
  // A provider already holds its connection; holding it here too does no harm.
  useEffect(() => used.hold(), [used]);
  return used;
}

/** The given connection, which may be `null`; if it is `undefined`, that of `useRelay`. */
export function useConnection(given: RelayConnection | undefined): RelayConnection;
export function useConnection(given: RelayConnection | null | undefined): RelayConnection | null;
export function useConnection(given: RelayConnection | null | undefined): RelayConnection | null {
  const provided = useContext(RelayContext);
  const used = given === undefined ? (provided ?? pageViews.get(defaults)) : undefined;
  useEffect(() => used?.hold(), [used]);
  return used ? used.connection : (given ?? null);
}
