import type { CatchUpReason } from './catch-up';
import type { CloseReason } from './close-codes';

/** What ended a connection, or kept it from coming about. */
export interface ConnectionEnd {
  /** The close code of RFC 6455; 1006 where there was none. */
  readonly code: number;
  /** The relay's own word, of `relay:bye`; or `silent`: nothing came for two ping intervals; `refused`: it did not open; `timeout`: nor in time; `lost`: it was cut. */
  readonly reason: CloseReason | 'silent' | 'refused' | 'lost' | 'timeout' | (string & {});
  /** When, in Unix milliseconds. */
  readonly at: number;
}

interface Attempts {
  /** Attempts since the connection last was good; 0 while it is. */
  readonly attempts: number;
  /** When the connection last was good, in Unix milliseconds; `null`: never. */
  readonly lastConnected: number | null;
}

/**
 * How a connection to the relay stands. `live`: everything that the relay has is here as it happens. `catching-up`: connected, and what was missed, or the
 * present state, is on its way. `degraded`: connected, but the relay may be missing events or state: what is shown is as of `asOf`. `reconnecting`: cut off, and
 * coming back. `closed`: given up, or closed by `close()`.
 */
export type ConnectionState =
  | (Attempts & { readonly status: 'idle' })
  | (Attempts & { readonly status: 'connecting' })
  | (Attempts & { readonly status: 'catching-up'; readonly why: CatchUpReason })
  | (Attempts & { readonly status: 'live'; readonly protocol: 'rich' | 'plain' })
  | (Attempts & { readonly status: 'degraded'; readonly asOf: number | null; readonly reason: string })
  | (Attempts & {
      readonly status: 'reconnecting';
      /** When the next attempt is due, in Unix milliseconds; `null` while it waits to be seen, or is under way. */
      readonly nextTry: number | null;
      readonly waitsFor: 'time' | 'network' | 'visible' | 'answer';
      readonly end: ConnectionEnd;
    })
  | (Attempts & { readonly status: 'closed'; readonly why: 'closed' | 'refused' | 'gave-up'; readonly end: ConnectionEnd | null });

export type ConnectionStatus = ConnectionState['status'];

/** Whether a socket stands on which messages come. */
export function isConnected(state: ConnectionState): boolean {
  return state.status === 'live' || state.status === 'degraded' || state.status === 'catching-up';
}
