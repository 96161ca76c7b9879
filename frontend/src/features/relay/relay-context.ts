import { createContext, useContext, useSyncExternalStore } from 'react';
import type { ConnectionState } from '../../services/connection-state';
import type { RelayConnection } from '../../services/relay-connection';
import type { LiveView } from '../../state/live-view';
import type { ProblemLog } from './problem-log';

/** The connection and data that the views render from. */
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

/** Rerenders when a part of the view has changed, at most once per animation frame. */
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
