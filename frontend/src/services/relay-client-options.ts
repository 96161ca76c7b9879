import type { TokenSource } from './access';
import type { BackoffOptions } from './backoff';
import type { WebSocketClass } from './connector';
import type { Presence } from './page-presence';
import type { RelayFilter } from './relay-url';

/** Options of a `RelayClient`. Every option has a default. */
export interface RelayClientOptions extends Partial<BackoffOptions> {
  /** The relay's address, relative to the page; `http:` counts as `ws:`. Default `ws`, beside the page. */
  readonly url?: string | URL;
  readonly filter?: RelayFilter;
  /** The position to start from: the `position` of the `GET /api/v1/state` that the page was rendered from. */
  readonly since?: string;
  /**
   * Returns the token that the relay requires. Called for every attempt to connect, and when the token of an open connection expires soon. The attempt
   * waits for it; a rejection leads to the state `unauthorized`. An empty text: connect without a token.
   */
  readonly token?: TokenSource;
  /** Number of consecutive failed attempts after which it gives up. Default: unlimited. */
  readonly maxAttempts?: number;
  /** `auto`, the default: the subprotocol `cecelia.v1`, or plain if the server does not support it. */
  readonly protocol?: 'auto' | 'plain';
  /** Timeout of an attempt, in milliseconds. Default 10,000. */
  readonly openTimeoutMs?: number;
  /**
   * Ping interval of this client, in milliseconds, used if the relay does not ping. A connection that is silent for twice this long is closed.
   * Default 30,000.
   */
  readonly heartbeatMs?: number;
  /** Whether to reconnect while the page is hidden. Default false: it reconnects as soon as the page is visible again. */
  readonly reconnectWhileHidden?: boolean;
  readonly presence?: Presence;
  /** Default: the global `WebSocket`. */
  readonly WebSocket?: WebSocketClass;
}
