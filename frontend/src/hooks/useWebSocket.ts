import { useMemo } from 'react';
import type { Access } from '../services/access';
import { type ConnectionState, isConnected } from '../services/connection-state';
import type { RelayConnection } from '../services/relay-connection';
import { accessStore, connectionStore } from '../state/stores';
import { useConnection, useRelay } from './useRelay';
import { useStore } from './useStore';

/** A connection, as TaskTree's hook describes it. */
export interface WebSocketState {
  readonly send: RelayConnection['send'];
  readonly command: RelayConnection['command'];
  readonly subscribe: RelayConnection['subscribe'];
  readonly on: RelayConnection['on'];
  readonly isConnected: boolean;
  readonly state: ConnectionState;
  /** Attempts since the connection was last live or degraded. */
  readonly attempts: number;
  /** When the connection was last live or degraded; `null`: never. */
  readonly lastConnected: Date | null;
}

/** The state of the connection, and its functions, which stay the same as long as the connection does. */
export function useWebSocket(): WebSocketState {
  const { connection } = useRelay();
  const state = useConnectionState(connection);
  const functions = useMemo(
    () => ({
      send: connection.send.bind(connection),
      command: connection.command.bind(connection),
      subscribe: connection.subscribe.bind(connection),
      on: connection.on.bind(connection),
    }),
    [connection],
  );
  return useMemo(
    () => ({
      ...functions,
      state,
      isConnected: isConnected(state),
      attempts: state.attempts,
      lastConnected: state.lastConnected === null ? null : new Date(state.lastConnected),
    }),
    [functions, state],
  );
}

/** The state of a connection; by default that of `useRelay`. */
export function useConnectionState(given?: RelayConnection): ConnectionState {
  const connection = useConnection(given);
  return useStore(useMemo(() => connectionStore(connection), [connection]));
}

/** What the relay has granted to a connection, by default that of `useRelay`; `null`: it has no access control, or this is unknown. */
export function useAccess(given?: RelayConnection): Access | null {
  const connection = useConnection(given);
  return useStore(useMemo(() => accessStore(connection), [connection]));
}
