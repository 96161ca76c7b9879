import type { CommandAck, ConnectionState, InboundMessage, MessageOf, Problem, RelayConnection, Unsubscribe } from 'cecelia-client';
import { viewOf } from 'cecelia-client/state';
import type { LastState } from './last-state';

/** A connection that is away, with the state that was received last. Its status is that of the connection that tries to reconnect. */
class KeptConnection implements RelayConnection {
  readonly position = undefined;
  readonly commandNames = null;
  readonly access = null;
  readonly #handlers = new Set<(message: InboundMessage) => void>();
  #state: ConnectionState;

  constructor(
    readonly connection: RelayConnection,
    readonly at: number,
  ) {
    this.#state = this.#aged(connection.state);
    connection.onState((state) => (this.#state = this.#aged(state)));
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get counts() {
    return this.connection.counts;
  }

  deliver(message: InboundMessage): void {
    for (const handler of this.#handlers) handler(message);
  }

  connect(): void {
    this.connection.connect();
  }

  renew(): void {
    this.connection.renew();
  }

  close(): void {
    this.connection.close();
  }

  subscribe(handler: (message: InboundMessage) => void): Unsubscribe {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  on<Name extends string>(event: Name, handler: (message: MessageOf<Name>) => void): Unsubscribe {
    return this.subscribe((message) => {
      if (message.event === event) handler(message as MessageOf<Name>);
    });
  }

  onState(handler: (state: ConnectionState) => void): Unsubscribe {
    return this.connection.onState(() => handler(this.#state));
  }

  onProblem(handler: (problem: Problem) => void): Unsubscribe {
    return this.connection.onProblem(handler);
  }

  command(...values: Parameters<RelayConnection['command']>): Promise<CommandAck> {
    return this.connection.command(...values);
  }

  send(): boolean {
    return false;
  }

  /** The data was current at another time than that of a connection that this page never had. */
  #aged(state: ConnectionState): ConnectionState {
    return { ...state, lastConnected: this.at };
  }
}

/** Returns a connection with the kept state, to be shown while the relay is away. */
export function keptConnection(connection: RelayConnection, { at, entities }: LastState): RelayConnection {
  const kept = new KeptConnection(connection, at);
  const { view } = viewOf(kept);
  const data = { part: 1, last: true, position: null, nodes: [], ...entities };
  kept.deliver({ event: 'relay:snapshot', data, timestamp: new Date(at).toISOString() });
  view.flush();
  view.lastMessageAt = at;
  return kept;
}
