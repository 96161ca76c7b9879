import type { BackoffOptions } from './backoff';
import type { WebSocketClass } from './dial';
import type { Presence } from './page-presence';
import type { RelayFilter } from './relay-url';

/** How a `RelayClient` connects. All of it has a default. */
export interface RelayClientOptions extends Partial<BackoffOptions> {
  /** The relay's address, seen from the page; `http:` counts as `ws:`. Default `ws`, beside the page. */
  readonly url?: string | URL;
  readonly filter?: RelayFilter;
  /** Where to begin: the `position` of the `GET /api/v1/state` that the page was rendered from. */
  readonly since?: string;
  /** Attempts in a row after which it gives up. Default: never. */
  readonly maxAttempts?: number;
  /** `auto`, the default: the subprotocol `cecelia.v1`, or plain where the server does not know it. */
  readonly protocol?: 'auto' | 'plain';
  /** How long an attempt may take, in milliseconds. Default 10,000. */
  readonly openTimeoutMs?: number;
  /** Where the relay does not ping: how often this client does, in milliseconds. Silence of twice that ends a connection. Default 30,000. */
  readonly heartbeatMs?: number;
  /** Whether to come back while nobody is looking. Default false: it waits, and comes back at once when the page is seen again. */
  readonly reconnectWhileHidden?: boolean;
  readonly presence?: Presence;
  /** Default: the global one. */
  readonly WebSocket?: WebSocketClass;
}
