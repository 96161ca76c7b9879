import type { Denial } from './access';
import type { CatchUpReason } from './catch-up';
import type { ConnectionEnd, ConnectionState, ConnectionStatus, LiveProtocol } from './connection-state';

/*
 * The state machine of a connection.
 *
 *                                   ┌──sync────▶ catching-up ──┐
 *   idle ──attempt──▶ connecting ───┼──synced──▶ live ─────────┤  sync, synced and degrade also lead
 *                         ▲         ├──degrade─▶ degraded ─────┤  from each of these three to another
 *                         │         │                          │
 *                         │         │         ┌─────lose───────┘
 *                         │         │         ▼
 *                         │         └─lose─▶ reconnecting ──sync, synced, degrade──▶ as from connecting
 *                         │                   │      ▲
 *                         │                   └──────┘ attempt: an attempt has started
 *                         │                            lose: it failed, or what the next one waits for has changed
 *                         │
 *                      attempt
 *                         │
 *   any status but idle and closed ──deny──▶ unauthorized, which has the arrows of reconnecting; lose leads from it to reconnecting
 *   any status but closed ──close──▶ closed
 *   any status but idle and closed ──refuse, give-up──▶ closed
 *
 * A connection on an event stream has the same states. `protocol` of live tells it from one on a WebSocket. A change between the two is a lose and an attempt.
 */

/** An event of the state machine, and the data that its next state needs. */
export type ConnectionEvent =
  /** An attempt to connect has started. */
  | { readonly type: 'attempt' }
  /** The relay has accepted the connection, and is sending the state or the missed events. */
  | { readonly type: 'sync'; readonly why: CatchUpReason }
  /** Everything that the relay has was received, and its link to Redis is live. */
  | { readonly type: 'synced'; readonly protocol: LiveProtocol }
  /** Everything that the relay has was received, but its link to Redis is degraded. */
  | { readonly type: 'degrade'; readonly asOf: number | null; readonly reason: string }
  /** The connection was lost or an attempt failed, and another attempt follows; or what the next attempt waits for has changed. */
  | {
      readonly type: 'lose';
      readonly end: ConnectionEnd;
      readonly nextTry: number | null;
      readonly waitsFor: 'time' | 'network' | 'visible';
    }
  /** The relay does not let this client in, or there is no token, and another attempt follows; or what that waits for has changed. */
  | (Denial & {
      readonly type: 'deny';
      readonly end: ConnectionEnd;
      readonly nextTry: number | null;
      readonly waitsFor: 'time' | 'network' | 'visible';
    })
  /** The relay asked this client not to reconnect. */
  | { readonly type: 'refuse'; readonly end: ConnectionEnd }
  /** The maximum number of attempts was reached. */
  | { readonly type: 'give-up'; readonly end: ConnectionEnd }
  /** The page closed the connection. */
  | { readonly type: 'close' };

type EventType = ConnectionEvent['type'];

const connected = {
  sync: 'catching-up',
  synced: 'live',
  degrade: 'degraded',
  lose: 'reconnecting',
  deny: 'unauthorized',
  refuse: 'closed',
  'give-up': 'closed',
  close: 'closed',
} as const;

/** The status after each event. An event without an entry is ignored. */
export const transitions: Readonly<Record<ConnectionStatus, Readonly<Partial<Record<EventType, ConnectionStatus>>>>> = {
  idle: { attempt: 'connecting', close: 'closed' },
  connecting: connected,
  'catching-up': connected,
  live: connected,
  degraded: connected,
  reconnecting: { ...connected, attempt: 'reconnecting' },
  unauthorized: { ...connected, attempt: 'unauthorized' },
  closed: { attempt: 'connecting' },
};

/** The state of a connection that was never opened. */
export const initialState: ConnectionState = { status: 'idle', attempts: 0, lastConnected: null };

/**
 * The state that follows from an event; the same object if the event is ignored. `now` in Unix milliseconds.
 *
 * `attempts` counts from the last time that the connection was live or degraded, and restarts when a closed connection is opened again. Example: live (0),
 * lose (0), attempt (1), lose (1), attempt (2), sync (2), synced (0).
 */
export function nextState(state: ConnectionState, event: ConnectionEvent, now: number): ConnectionState {
  if (transitions[state.status][event.type] === undefined) return state;
  const wasGood = state.status === 'live' || state.status === 'degraded';
  const { attempts } = state;
  const lastConnected = wasGood ? now : state.lastConnected;
  switch (event.type) {
    case 'attempt':
      if (state.status === 'reconnecting' || state.status === 'unauthorized')
        return { ...state, attempts: attempts + 1, nextTry: null, waitsFor: 'answer' };
      return { status: 'connecting', attempts: state.status === 'closed' ? 1 : attempts + 1, lastConnected };
    case 'sync':
      return { status: 'catching-up', why: event.why, attempts, lastConnected };
    case 'synced':
      return { status: 'live', protocol: event.protocol, attempts: 0, lastConnected: now };
    case 'degrade':
      return { status: 'degraded', asOf: event.asOf, reason: event.reason, attempts: 0, lastConnected: now };
    case 'lose':
      return { status: 'reconnecting', nextTry: event.nextTry, waitsFor: event.waitsFor, end: event.end, attempts, lastConnected };
    case 'deny': {
      const { why, message, end, nextTry, waitsFor } = event;
      return { status: 'unauthorized', why, message, end, nextTry, waitsFor, attempts, lastConnected };
    }
    case 'refuse':
      return { status: 'closed', why: 'refused', end: event.end, attempts, lastConnected };
    case 'give-up':
      return { status: 'closed', why: 'gave-up', end: event.end, attempts, lastConnected };
    case 'close':
      return { status: 'closed', why: 'closed', end: null, attempts, lastConnected };
  }
}
