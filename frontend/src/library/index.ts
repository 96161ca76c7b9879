// `cecelia-client`: the connection to the relay, without a framework and without entity state.
export { RelayClient } from '../services/relay-client';
export { WebSocketClient, WebSocketService, type WebSocketOptions } from '../services/websocket';
export { SharedRelayClient, type SharedRelayClientOptions } from '../services/shared-relay-client';
export { CommandError } from '../services/relay-connection';
export { exactJson, isExact, parseJson, sourceOf } from '../services/exact-json';
export { isConnected } from '../services/connection-state';
export { relayUrl, type RelayFilter } from '../services/relay-url';
export type { RelayClientOptions } from '../services/relay-client-options';
export type { Access, Denial, TokenSource } from '../services/access';
export type { BackoffOptions } from '../services/backoff';
export type { Presence } from '../services/page-presence';
export type { CloseCode, CloseReason } from '../services/close-codes';
export type { ConnectionEnd, ConnectionState, ConnectionStatus, LiveProtocol } from '../services/connection-state';
export type {
  CommandAck,
  CommandOptions,
  ConnectionCounts,
  InboundMessage,
  KnownName,
  MessageOf,
  OtherEvent,
  Problem,
  RelayConnection,
  Unsubscribe,
} from '../services/relay-connection';
export type * from '../types/messages';
export type * from '../types/websocket';
