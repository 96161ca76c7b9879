import type {
  AnyEvent,
  AnyRelayMessage,
  CeceliaEvent,
  ClientBoardCommand,
  ClientCommand,
  ErrorReason,
  RelayMessage,
} from '../types/messages';
import type { Access } from './access';
import type { ConnectionState } from './connection-state';

/** An event with a name that is not in the contracts; publishers may use any name. */
export type OtherEvent = AnyEvent & { readonly event: string & {} };

/** A message that the relay sends on `/ws`: an event, or a message of the relay itself (`relay:…`). */
export type InboundMessage = CeceliaEvent | OtherEvent | RelayMessage | AnyRelayMessage;

/** The names whose data is typed. */
export type KnownName = (CeceliaEvent | RelayMessage)['event'];

/** The message with a given name. */
export type MessageOf<Name extends string> = Name extends KnownName ? Extract<CeceliaEvent | RelayMessage, { event: Name }> : OtherEvent;

export type Unsubscribe = () => void;

/** A message that could not be used, or a handler that threw. Every such case is reported. */
export interface Problem {
  readonly kind: 'not_json' | 'not_a_message' | 'bad_relay_message' | 'refused_by_relay' | 'handler_failed' | 'duplicate' | 'no_token';
  /** A sentence for people. */
  readonly message: string;
  /** The first 512 characters of the message. */
  readonly text?: string;
  readonly error?: unknown;
  /** Unix milliseconds. */
  readonly at: number;
}

export interface CommandOptions {
  /** The project of the command. */
  projectId?: string | number;
  /** Timeout of the acknowledgement, in milliseconds. Default 5,000: the relay publishes within 3 s or not at all. */
  timeoutMs?: number;
  /** Called with each event of Brain that replies to this command (`reply_to`), until the connection ends. */
  onReply?: (reply: CeceliaEvent | OtherEvent) => void;
  /** `board`: TaskTree's shape (`type` instead of `cmd`). Default `cmd`. */
  shape?: 'cmd' | 'board';
}

/** The acknowledgement that the relay has published the command. */
export interface CommandAck {
  /** The relay's id of the command; `null` with the plain protocol, which has no acknowledgements. */
  readonly id: string | null;
  /** Number of Redis subscribers that received it; `null` if unknown. */
  readonly receivers: number | null;
}

/** A command that failed, or whose outcome is unknown. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    /** The relay's reason, or: `not_connected`, nothing was sent; `timeout` and `connection_lost`, it is unknown whether Brain received it. */
    readonly reason: ErrorReason | 'not_connected' | 'timeout' | 'connection_lost' | 'too_many_pending' | (string & {}),
    message: string,
  ) {
    super(message);
  }
}

/** Totals since the connection object was created. */
export interface ConnectionCounts {
  readonly messages: number;
  readonly events: number;
  readonly duplicates: number;
  readonly problems: number;
  readonly reconnects: number;
}

/** A connection to the relay: one of this page (`RelayClient`), or one that all tabs share (`SharedRelayClient`). */
export interface RelayConnection {
  readonly state: ConnectionState;
  readonly counts: ConnectionCounts;
  /** The newest position that was handled, a value for `since`; `undefined`: none. */
  readonly position: string | undefined;
  /** The commands that the relay accepts from this client, by its `relay:hello`; a trailing `*` matches any rest; `null`: unknown, or none are allowed. */
  readonly commandNames: readonly string[] | null;
  /** What the relay has granted to this connection, from its `relay:hello` and `relay:token`; `null`: it has no access control, or this is unknown. */
  readonly access: Access | null;
  /**
   * Connects, or reconnects immediately from `reconnecting`, `unauthorized` or `closed`. Never opens a second socket.
   * @throws TypeError if there is no `WebSocket` and none was passed as an option.
   */
  connect(): void;
  /** Calls the option `token` again, and sends the token on the open connection if it is another one. Does nothing while there is no connection. */
  renew(): void;
  /** Closes the connection until `connect` is called. Pending commands are rejected. */
  close(): void;
  /** Adds a handler of every message. Handlers are called in the order in which the messages were received. */
  subscribe(handler: (message: InboundMessage) => void): Unsubscribe;
  /** Adds a handler of the messages with one name. */
  on<Name extends string>(event: Name, handler: (message: MessageOf<Name>) => void): Unsubscribe;
  /** Adds a handler of changes of `state`. */
  onState(handler: (state: ConnectionState) => void): Unsubscribe;
  /** Adds a handler of problems. */
  onProblem(handler: (problem: Problem) => void): Unsubscribe;
  /** Sends a command to Brain. Resolves when the relay acknowledges it; rejects with a `CommandError`. */
  command(name: string, data?: ClientCommand['data'], options?: CommandOptions): Promise<CommandAck>;
  /** Sends a message without waiting for an answer. `false`: not connected. */
  send(message: ClientCommand | ClientBoardCommand): boolean;
}
