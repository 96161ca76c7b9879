import { useContext, useEffect } from 'react';
import type { RelayConnection } from '../services/relay-connection';
import { pageViews, type RelayView, type ViewOptions } from '../state/shared-views';
import { RelayContext } from './relay-context';

const everything: ViewOptions = {};

/**
 * The connection and the state of the nearest `RelayProvider`; without one, of the connection with these options (by default: every event, from `ws` beside
 * the page), which all hooks without a provider share.
 */
export function useRelay(withoutProvider = everything): RelayView {
  const provided = useContext(RelayContext);
  const used = provided ?? pageViews.get(withoutProvider);
  // What a provider gives, the provider holds; to hold it here too does no harm, and costs no connection.
  useEffect(() => used.hold(), [used]);
  return used;
}

/** The connection that is given, be it `null`; if none is, that of `useRelay`. */
export function useConnection(given: RelayConnection | null | undefined): RelayConnection | null {
  const provided = useContext(RelayContext);
  const used = given === undefined ? (provided ?? pageViews.get(everything)) : undefined;
  useEffect(() => used?.hold(), [used]);
  return used ? used.connection : (given ?? null);
}
