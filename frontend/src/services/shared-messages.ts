import type { CeceliaEvent, ClientBoardCommand, ClientCommand } from '../types/messages';
import type { ConnectionState } from './connection-state';
import type { RelayClientOptions } from './relay-client-options';
import type { CommandAck, CommandOptions, ConnectionCounts, InboundMessage, OtherEvent, Problem } from './relay-connection';

/** The options that tabs must have in common to share a connection; tabs with other options get another one. */
export type SharedOptions = Omit<RelayClientOptions, 'presence' | 'WebSocket' | 'url' | 'token'> & {
  readonly url: string;
  /** Whether the tabs provide the token: a function cannot be sent to a worker. */
  readonly hasToken: boolean;
};

/** A message from a tab to the hub that owns the socket. */
export type ToHub =
  /** The first message, sent again after `unknown-tab`. */
  | { readonly kind: 'open'; readonly options: SharedOptions; readonly hidden: boolean; readonly online: boolean }
  | { readonly kind: 'presence'; readonly hidden: boolean; readonly online: boolean }
  | { readonly kind: 'connect' }
  | { readonly kind: 'renew' }
  /** The answers to `token-request`. */
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'no-token'; readonly message: string }
  /** Sent regularly, since a port does not report that its page was terminated. */
  | { readonly kind: 'keep-alive' }
  | { readonly kind: 'leave' }
  | { readonly kind: 'send'; readonly message: ClientCommand | ClientBoardCommand }
  | {
      readonly kind: 'command';
      /** The tab's number of the command, repeated in the messages about it. */
      readonly number: number;
      readonly name: string;
      readonly data: ClientCommand['data'];
      readonly options: Omit<CommandOptions, 'onReply'>;
    };

/** A message from the hub to a tab. */
export type FromHub =
  | {
      readonly kind: 'state';
      readonly state: ConnectionState;
      readonly position: string | undefined;
      readonly commandNames: readonly string[] | null;
      readonly counts: ConnectionCounts;
    }
  | {
      readonly kind: 'messages';
      readonly messages: readonly InboundMessage[];
      readonly position: string | undefined;
      readonly counts: ConnectionCounts;
    }
  | { readonly kind: 'problem'; readonly problem: Problem }
  | { readonly kind: 'ack'; readonly number: number; readonly ack: CommandAck }
  | { readonly kind: 'command-error'; readonly number: number; readonly reason: string; readonly message: string }
  | { readonly kind: 'reply'; readonly number: number; readonly reply: CeceliaEvent | OtherEvent }
  /** The connection needs a token. All tabs are asked, and the first token is used. */
  | { readonly kind: 'token-request' }
  /** The hub has no such tab, or has removed it: it must open again. */
  | { readonly kind: 'unknown-tab' };

/** Interval of a tab's keep-alive messages, and the time without one after which the hub removes it, in milliseconds. A hidden page's timers may be delayed by a minute. */
export const keepAliveMs = 30_000;
export const tabTimeoutMs = 180_000;
