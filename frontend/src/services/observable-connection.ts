import type { ClientBoardCommand, ClientCommand } from '../types/messages';
import type { Access } from './access';
import { initialState } from './connection-machine';
import type { ConnectionState } from './connection-state';
import { HandlerSet } from './handler-set';
import type {
  CommandAck,
  CommandOptions,
  ConnectionCounts,
  InboundMessage,
  MessageOf,
  Problem,
  RelayConnection,
  Unsubscribe,
} from './relay-connection';

/** The values of a connection beside its state. They change with almost every message, so they are updated in place. */
export interface ConnectionValues {
  counts: { -readonly [Name in keyof ConnectionCounts]: number };
  position: string | undefined;
  commandNames: readonly string[] | null;
  access: Access | null;
}

/** The readable side of every connection: its values, its handlers, and what calls them. How it connects and sends is up to the subclass. */
export abstract class ObservableConnection implements RelayConnection {
  #state: ConnectionState = initialState;
  readonly #messages = this.#handlers<InboundMessage>();
  readonly #byName = new Map<string, HandlerSet<InboundMessage>>();
  readonly #states = this.#handlers<ConnectionState>();
  // If a handler of problems throws, its error goes to the page's global error handler.
  readonly #problems = new HandlerSet<Problem>((error) => reportError(error));
  protected readonly values: ConnectionValues = {
    counts: { messages: 0, events: 0, duplicates: 0, problems: 0, reconnects: 0 },
    position: undefined,
    commandNames: null,
    access: null,
  };

  abstract connect(): void;
  abstract renew(): void;
  abstract close(): void;
  abstract command(name: string, data?: ClientCommand['data'], options?: CommandOptions): Promise<CommandAck>;
  abstract send(message: ClientCommand | ClientBoardCommand): boolean;

  get state(): ConnectionState {
    return this.#state;
  }

  get counts(): ConnectionCounts {
    return this.values.counts;
  }

  get position(): string | undefined {
    return this.values.position;
  }

  get commandNames(): readonly string[] | null {
    return this.values.commandNames;
  }

  get access(): Access | null {
    return this.values.access;
  }

  subscribe(handler: (message: InboundMessage) => void): Unsubscribe {
    return this.#messages.add(handler);
  }

  on<Name extends string>(event: Name, handler: (message: MessageOf<Name>) => void): Unsubscribe {
    let handlers = this.#byName.get(event);
    if (!handlers) this.#byName.set(event, (handlers = this.#handlers()));
    // A message is only passed to the handlers of its own name, and the name determines its type.
    return handlers.add(handler as (message: InboundMessage) => void);
  }

  onState(handler: (state: ConnectionState) => void): Unsubscribe {
    return this.#states.add(handler);
  }

  onProblem(handler: (problem: Problem) => void): Unsubscribe {
    return this.#problems.add(handler);
  }

  protected setState(state: ConnectionState): void {
    this.#state = state;
    if (state.status === 'unauthorized' || state.status === 'closed') this.values.access = null;
    this.#states.emit(state);
  }

  /** Applies what a message says about the access of this connection. */
  protected updateAccess(message: InboundMessage): void {
    const { access } = this.values;
    // The shape of both was checked when they were parsed.
    if (message.event === 'relay:hello') {
      const granted = (message as MessageOf<'relay:hello'>).data.access;
      this.values.access = granted ? { user: granted.user, role: granted.role, expires: Date.now() + granted.expiresInMs } : null;
    } else if (message.event === 'relay:token' && access) {
      this.values.access = { ...access, expires: Date.now() + (message as MessageOf<'relay:token'>).data.expiresInMs };
    }
  }

  /** Passes a message to the handlers of all messages, then to those of its name. */
  protected emit(message: InboundMessage): void {
    this.#messages.emit(message);
    this.#byName.get(message.event)?.emit(message);
  }

  protected emitProblem(problem: Problem): void {
    this.#problems.emit(problem);
  }

  /** Called when a handler of this page has thrown. */
  protected onHandlerError(error: unknown, message = 'A handler of this page failed'): void {
    this.emitProblem({ kind: 'handler_failed', message, error, at: Date.now() });
  }

  #handlers<Value>(): HandlerSet<Value> {
    return new HandlerSet((error) => this.onHandlerError(error));
  }
}
