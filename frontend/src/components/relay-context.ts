import { createContext, useContext, useSyncExternalStore } from 'react';
import type { ConnectionState } from '../services/connection-state';
import type { RelayConnection } from '../services/relay-connection';
import type { LiveView } from '../state/live-view';
import type { ProblemLog } from './problem-log';

/** What every part of the Command Center draws from. Owned by the app's start; lives as long as the page. */
export interface Relay {
  readonly connection: RelayConnection;
  readonly view: LiveView;
  readonly problems: ProblemLog;
}

export const RelayContext = createContext<Relay | null>(null);

export function useRelay(): Relay {
  const relay = useContext(RelayContext);
  if (relay === null) throw new Error('useRelay is used outside of RelayContext');
  return relay;
}

/** Renders again when that part of the view has changed, at most once for each animation frame. */
export function useVersion(of: Parameters<LiveView['version']>[0]): number {
  const { view } = useRelay();
  return useSyncExternalStore(
    (listener) => view.subscribe(listener),
    () => view.version(of),
  );
}

export function useConnectionState(): ConnectionState {
  const { connection } = useRelay();
  return useSyncExternalStore(
    (listener) => connection.onState(listener),
    () => connection.state,
  );
}
