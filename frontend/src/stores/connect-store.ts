import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ClientCommand } from '../types/messages';
import type { ConnectionState } from '../services/connection-state';
import type { CommandAck, CommandOptions, InboundMessage, RelayConnection } from '../services/relay-connection';
import { CommandError } from '../services/relay-connection';
import type { RelayClientOptions } from '../services/relay-client-options';
import { RelayClient } from '../services/relay-client';

export type ConnectStatus = 'disconnected' | 'connecting' | 'connected' | 'reconnecting' | 'error';

/** A connection as System D's store tells it. */
export interface ConnectStore {
  readonly status: ConnectStatus;
  /** Attempts since the connection last was good. */
  readonly attempts: number;
  /** Why there is no connection, and none is tried; `null` while there is nothing to say. */
  readonly error: string | null;
  /** The connection, once there was one: `useWebSocketRouter` takes the messages from it, since of several at once `_lastMessage` holds the last alone. */
  readonly connection: RelayConnection | null;
  readonly _lastMessage: InboundMessage | null;
  /** Connects, to another address if one is given. Never makes a second socket. */
  readonly connect: (url?: string) => void;
  readonly disconnect: () => void;
  /** Sends a command without waiting for an answer. `false`: there is no connection. */
  readonly send: (command: ClientCommand) => boolean;
  /** Sends a command, and settles when the relay has answered; rejects with a `CommandError`. */
  readonly command: (name: string, data?: ClientCommand['data'], options?: CommandOptions) => Promise<CommandAck>;
}

/** System D's own: a sign of life each 30 s, five attempts, 3 s before the first of them, and longer with each. */
const systemD = { heartbeatMs: 30_000, maxAttempts: 5, baseDelayMs: 3000 } as const;

export interface ConnectStoreOptions extends RelayClientOptions {
  /** Makes a connection that is not connected yet. */
  readonly make?: (options: RelayClientOptions) => RelayConnection;
}

/** A store with one connection. Whoever makes it disconnects it. */
export function createConnectStore({
  make = (options) => new RelayClient(options),
  ...options
}: ConnectStoreOptions = {}): StoreApi<ConnectStore> {
  let address = options.url ?? 'ws';
  return createStore<ConnectStore>((set, get) => {
    const open = (url: string | URL) => {
      address = url;
      const connection = make({ ...systemD, ...options, url });
      // A connection that was given up may still have something to say; it is no longer ours.
      const ifOurs = (change: Partial<ConnectStore>) => {
        if (get().connection === connection) set(change);
      };
      connection.onState((state) => ifOurs({ attempts: state.attempts, ...statusOf(state) }));
      connection.subscribe((message) => ifOurs({ _lastMessage: message }));
      set({ connection });
      connection.connect();
    };
    return {
      status: 'disconnected',
      attempts: 0,
      error: null,
      connection: null,
      _lastMessage: null,
      connect(url) {
        const present = get().connection;
        if (present && (url === undefined || url === address)) {
          present.connect();
          return;
        }
        present?.close();
        open(url ?? address);
      },
      disconnect: () => get().connection?.close(),
      send: (command) => get().connection?.send(command) ?? false,
      command: (name, data, commandOptions) =>
        get().connection?.command(name, data, commandOptions) ??
        Promise.reject(new CommandError('not_connected', `${name} was not sent: there is no connection`)),
    };
  });
}

function statusOf(state: ConnectionState): Pick<ConnectStore, 'status' | 'error'> {
  switch (state.status) {
    case 'idle':
      return { status: 'disconnected', error: null };
    case 'connecting':
      return { status: 'connecting', error: null };
    case 'catching-up':
    case 'live':
    case 'degraded':
      return { status: 'connected', error: null };
    case 'reconnecting':
      return { status: 'reconnecting', error: null };
    case 'closed':
      return closed(state);
  }
}

function closed({ why, end }: Extract<ConnectionState, { status: 'closed' }>): Pick<ConnectStore, 'status' | 'error'> {
  switch (why) {
    case 'closed':
      return { status: 'disconnected', error: null };
    case 'gave-up':
      return { status: 'error', error: 'Max reconnection attempts reached' };
    case 'refused':
      return { status: 'error', error: `The server does not want this connection: ${end?.reason ?? 'it does not say why'}` };
  }
}
