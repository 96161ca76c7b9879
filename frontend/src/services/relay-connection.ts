import type {
  AnyEvent,
  AnyRelayMessage,
  CeceliaEvent,
  ClientBoardCommand,
  ClientCommand,
  ErrorReason,
  RelayMessage,
} from '../types/messages';
import type { ConnectionState } from './connection-state';

/** An event whose name no contract knows; names are free. */
export type OtherEvent = AnyEvent & { readonly event: string & {} };

/** What the relay sends on `/ws`: events, and messages of its own (`relay:…`). */
export type InboundMessage = CeceliaEvent | OtherEvent | RelayMessage | AnyRelayMessage;

/** The names that `on` knows the data of. */
export type KnownName = (CeceliaEvent | RelayMessage)['event'];

/** The message of a name. */
export type MessageOf<Name extends string> = Name extends KnownName ? Extract<CeceliaEvent | RelayMessage, { event: Name }> : OtherEvent;

export type Unsubscribe = () => void;

/** Something that came and could not be used, or a handler that threw. Nothing of this kind is passed over in silence. */
export interface Problem {
  readonly kind: 'not_json' | 'not_a_message' | 'bad_relay_message' | 'refused_by_relay' | 'handler_failed' | 'duplicate';
  /** A sentence for people. */
  readonly message: string;
  /** The first 512 characters of what came. */
  readonly text?: string;
  readonly error?: unknown;
  /** Unix milliseconds. */
  readonly at: number;
}

export interface CommandOptions {
  /** What the command belongs to. */
  projectId?: string | number;
  /** How long to wait for the answer, in milliseconds. Default 5,000: the relay publishes within 3 s or not at all. */
  timeoutMs?: number;
  /** Called with each event of Brain that answers this command (`reply_to`), for as long as the connection lives. */
  onReply?: (reply: CeceliaEvent | OtherEvent) => void;
  /** `board`: System B's shape (`type` in place of `cmd`). Default `cmd`. */
  shape?: 'cmd' | 'board';
}

/** The relay has published the command. */
export interface CommandAck {
  /** The relay's name for the command; `null` from a relay that speaks the plain protocol, which does not tell. */
  readonly id: string | null;
  /** How many subscribers Redis gave it to; `null` where that is not told. */
  readonly receivers: number | null;
}

/** A command that came to nothing, or of which nobody knows. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    /** The relay's word, or: `not_connected`, nothing was sent; `timeout` and `connection_lost`, nobody knows whether Brain has it. */
    readonly reason: ErrorReason | 'not_connected' | 'timeout' | 'connection_lost' | 'too_many_pending' | (string & {}),
    message: string,
  ) {
    super(message);
  }
}

/** Totals since the connection was made. */
export interface ConnectionCounts {
  readonly messages: number;
  readonly events: number;
  readonly duplicates: number;
  readonly problems: number;
  readonly reconnects: number;
}

/** A connection to the relay: one of this page's own (`RelayClient`), or one that all tabs share (`SharedRelayClient`). */
export interface RelayConnection {
  readonly state: ConnectionState;
  readonly counts: ConnectionCounts;
  /** The newest position that was handled, good for `since`; `undefined` where there is none. */
  readonly position: string | undefined;
  /** Names of the commands that the relay takes, a single `*` for any, from its `relay:hello`; `null`: not known, or switched off. */
  readonly commandNames: readonly string[] | null;
  /**
   * Connects, or comes back at once from `reconnecting` or `closed`. Never makes a second socket.
   * @throws TypeError where there is no `WebSocket` and none is given as an option.
   */
  connect(): void;
  /** Closes for good, until `connect` is called. Commands under way are rejected. */
  close(): void;
  /** Hands over every message. Handlers are called in the order in which they came. */
  subscribe(handler: (message: InboundMessage) => void): Unsubscribe;
  /** Hands over the messages of one name. */
  on<Name extends string>(event: Name, handler: (message: MessageOf<Name>) => void): Unsubscribe;
  /** Tells every change of `state`. */
  onState(handler: (state: ConnectionState) => void): Unsubscribe;
  /** Tells what could not be used. */
  onProblem(handler: (problem: Problem) => void): Unsubscribe;
  /** Tells Brain something. Settles when the relay has answered; rejects with a `CommandError`. */
  command(name: string, data?: ClientCommand['data'], options?: CommandOptions): Promise<CommandAck>;
  /** Sends a message as it is, without waiting for an answer. `false`: there is no connection. */
  send(message: ClientCommand | ClientBoardCommand): boolean;
}
