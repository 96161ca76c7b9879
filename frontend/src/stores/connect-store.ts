import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ClientCommand } from '../types/messages';
import type { ConnectionState } from '../services/connection-state';
import type { CommandAck, CommandOptions, InboundMessage, RelayConnection } from '../services/relay-connection';
import { CommandError } from '../services/relay-connection';
import type { RelayClientOptions } from '../services/relay-client-options';
import { RelayClient } from '../services/relay-client';

export type ConnectStatus = 'disconnected' | 'connecting' | 'connected' | 'reconnecting' | 'error';

/** A connection, as Workflow's store describes it. */
export interface ConnectStore {
  readonly status: ConnectStatus;
  /** Attempts since the connection was last live or degraded. */
  readonly attempts: number;
  /** Why there is no connection: no further attempt follows, or the relay denied access; `null` otherwise. */
  readonly error: string | null;
  /** The connection, after the first `connect`. `useWebSocketRouter` subscribes to it, since `_lastMessage` has only the last of several messages. */
  readonly connection: RelayConnection | null;
  readonly _lastMessage: InboundMessage | null;
  /** Connects, to another address if one is given. Never opens a second socket. */
  readonly connect: (url?: string) => void;
  readonly disconnect: () => void;
  /** Sends a command without waiting for an answer. `false`: not connected. */
  readonly send: (command: ClientCommand) => boolean;
  /** Sends a command. Resolves when the relay acknowledges it; rejects with a `CommandError`. */
  readonly command: (name: string, data?: ClientCommand['data'], options?: CommandOptions) => Promise<CommandAck>;
}

/** Workflow's values: a ping every 30 s, at most five attempts, 3 s before the first and longer before each further one. */
const workflowOptions = { heartbeatMs: 30_000, maxAttempts: 5, baseDelayMs: 3000 } as const;

export interface ConnectStoreOptions extends RelayClientOptions {
  /** Creates a connection that is not connected yet. Default: a `RelayClient`. */
  readonly make?: (options: RelayClientOptions) => RelayConnection;
}

/** Creates a store with one connection. Its owner disconnects it. */
export function createConnectStore({
  make = (options) => new RelayClient(options),
  ...options
}: ConnectStoreOptions = {}): StoreApi<ConnectStore> {
  let address = options.url ?? 'ws';
  return createStore<ConnectStore>((set, get) => {
    const open = (url: string | URL) => {
      address = url;
      const connection = make({ ...workflowOptions, ...options, url });
      // Changes of a connection that was replaced are ignored.
      const ifCurrent = (change: Partial<ConnectStore>) => {
        if (get().connection === connection) set(change);
      };
      connection.onState((state) => ifCurrent({ attempts: state.attempts, ...statusOf(state) }));
      connection.subscribe((message) => ifCurrent({ _lastMessage: message }));
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
    case 'unauthorized':
      return { status: 'error', error: `The relay denied access: ${state.message}` };
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
      return { status: 'error', error: `The server refused the connection: ${end?.reason ?? 'no reason given'}` };
  }
}
