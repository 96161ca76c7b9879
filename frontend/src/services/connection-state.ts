import type { Denial } from './access';
import type { CatchUpReason } from './catch-up';
import type { CloseReason } from './close-codes';

/** Why a connection ended, or could not be opened. */
export interface ConnectionEnd {
  /** The close code of RFC 6455; 1006 if there was none. */
  readonly code: number;
  /**
   * The reason from `relay:bye`; or `silent`: nothing was received for two ping intervals; `refused`: the connection could not be opened; `timeout`: it did
   * not open in time; `lost`: it closed without a reason; `no_token`: the option `token` was rejected; or the `error`
   * of the relay's response, such as `token_expired` or `keys_unavailable`.
   */
  readonly reason: CloseReason | 'silent' | 'refused' | 'lost' | 'timeout' | 'no_token' | (string & {});
  /** Unix milliseconds. */
  readonly at: number;
}

/**
 * How messages are received: on a WebSocket with the subprotocol; on one without it, where missed events are not reported; or as an event stream, which has
 * the messages of the subprotocol and cannot send commands.
 */
export type LiveProtocol = 'subprotocol' | 'plain' | 'event-stream';

/** The next attempt. */
interface Retry {
  /** When the next attempt is due, in Unix milliseconds; `null` while it waits for the page to be visible, or is under way. */
  readonly nextTry: number | null;
  readonly waitsFor: 'time' | 'network' | 'visible' | 'answer';
  readonly end: ConnectionEnd;
}

interface Attempts {
  /** Attempts since the connection was last live or degraded; 0 while it is. */
  readonly attempts: number;
  /** When the connection was last live or degraded, in Unix milliseconds; `null`: never. */
  readonly lastConnected: number | null;
}

/**
 * The state of a connection to the relay; `connection-machine.ts` has its transitions. `live`: everything that the relay has is received as it happens.
 * `catching-up`: connected, and the missed events or the current state are being received. `degraded`: connected, but the relay may be missing events or
 * state: the data is as of `asOf`. `reconnecting`: disconnected, and another attempt follows. `unauthorized`: not let in, for the reason in `end`;
 * another attempt follows. `closed`: no further attempt, or closed by `close()`.
 */
export type ConnectionState =
  | (Attempts & { readonly status: 'idle' })
  | (Attempts & { readonly status: 'connecting' })
  | (Attempts & { readonly status: 'catching-up'; readonly why: CatchUpReason })
  | (Attempts & { readonly status: 'live'; readonly protocol: LiveProtocol })
  | (Attempts & { readonly status: 'degraded'; readonly asOf: number | null; readonly reason: string })
  | (Attempts & Retry & { readonly status: 'reconnecting' })
  | (Attempts & Retry & Denial & { readonly status: 'unauthorized' })
  | (Attempts & { readonly status: 'closed'; readonly why: 'closed' | 'refused' | 'gave-up'; readonly end: ConnectionEnd | null });

export type ConnectionStatus = ConnectionState['status'];

/** Whether a connection is open and receives messages. */
export function isConnected(state: ConnectionState): boolean {
  return state.status === 'live' || state.status === 'degraded' || state.status === 'catching-up';
}
