import type { CeceliaEvent, ClientBoardCommand, ClientCommand } from '../types/messages';
import type { ConnectionState } from './connection-state';
import type { RelayClientOptions } from './relay-client-options';
import type { CommandAck, CommandOptions, ConnectionCounts, InboundMessage, OtherEvent, Problem } from './relay-connection';

/** What tabs that share a connection must agree on; those with other options get another one. */
export type SharedOptions = Omit<RelayClientOptions, 'presence' | 'WebSocket' | 'url'> & { readonly url: string };

/** From a tab to the hub that holds the socket. */
export type ToHub =
  /** First, and again after `gone`. */
  | { readonly kind: 'open'; readonly options: SharedOptions; readonly hidden: boolean; readonly online: boolean }
  | { readonly kind: 'presence'; readonly hidden: boolean; readonly online: boolean }
  | { readonly kind: 'connect' }
  /** The tab is there still: a port does not tell when its page has died. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'leave' }
  | { readonly kind: 'send'; readonly message: ClientCommand | ClientBoardCommand }
  | {
      readonly kind: 'command';
      /** The tab's own number of it, given back with what becomes of it. */
      readonly number: number;
      readonly name: string;
      readonly data: ClientCommand['data'];
      readonly options: Omit<CommandOptions, 'onReply'>;
    };

/** From the hub to a tab. */
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
  | { readonly kind: 'settled'; readonly number: number; readonly ack: CommandAck }
  | { readonly kind: 'failed'; readonly number: number; readonly reason: string; readonly message: string }
  | { readonly kind: 'reply'; readonly number: number; readonly reply: CeceliaEvent | OtherEvent }
  /** The hub does not know this tab (any more): it must open again. */
  | { readonly kind: 'gone' };

/** How often a tab says that it is there, and after how long without that the hub lets go of it, in milliseconds. A hidden page's timers may wait for a minute. */
export const aliveMs = 30_000;
export const tabTimeoutMs = 180_000;
