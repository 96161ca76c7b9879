import type { ClientBoardCommand, ClientCommand } from '../../src/types/messages';
import type { ConnectionState } from '../../src/services/connection-state';
import type {
  CommandAck,
  CommandOptions,
  ConnectionCounts,
  InboundMessage,
  MessageOf,
  Problem,
  RelayConnection,
  Unsubscribe,
} from '../../src/services/relay-connection';

const idle: ConnectionState = { status: 'idle', attempts: 0, lastConnected: null };
export const live: ConnectionState = { status: 'live', protocol: 'rich', attempts: 0, lastConnected: 1000 };

/** A connection that tells what a test has it tell, and counts what is asked of it. */
export class FakeConnection implements RelayConnection {
  state = idle;
  counts: ConnectionCounts = { messages: 0, events: 0, duplicates: 0, problems: 0, reconnects: 0 };
  position = undefined;
  commandNames = null;
  connects = 0;
  closes = 0;
  readonly sent: (ClientCommand | ClientBoardCommand)[] = [];
  readonly commands: { name: string; data: ClientCommand['data']; options: CommandOptions | undefined }[] = [];
  readonly #messages = new Set<(message: InboundMessage) => void>();
  readonly #states = new Set<(state: ConnectionState) => void>();
  readonly #problems = new Set<(problem: Problem) => void>();

  /** How many are told of messages. */
  get subscribers(): number {
    return this.#messages.size;
  }

  tell(...messages: readonly InboundMessage[]): void {
    for (const message of messages) for (const handler of [...this.#messages]) handler(message);
  }

  become(state: ConnectionState): void {
    this.state = state;
    for (const handler of [...this.#states]) handler(state);
  }

  connect(): void {
    this.connects++;
  }

  close(): void {
    this.closes++;
  }

  subscribe(handler: (message: InboundMessage) => void): Unsubscribe {
    return added(this.#messages, handler);
  }

  on<Name extends string>(event: Name, handler: (message: MessageOf<Name>) => void): Unsubscribe {
    return this.subscribe((message) => {
      if (message.event === event) handler(message as MessageOf<Name>);
    });
  }

  onState(handler: (state: ConnectionState) => void): Unsubscribe {
    return added(this.#states, handler);
  }

  onProblem(handler: (problem: Problem) => void): Unsubscribe {
    return added(this.#problems, handler);
  }

  command(name: string, data?: ClientCommand['data'], options?: CommandOptions): Promise<CommandAck> {
    this.commands.push({ name, data, options });
    return Promise.resolve({ id: 'c1', receivers: 1 });
  }

  send(message: ClientCommand | ClientBoardCommand): boolean {
    this.sent.push(message);
    return this.state.status === 'live';
  }
}

function added<Handler>(handlers: Set<Handler>, handler: Handler): Unsubscribe {
  handlers.add(handler);
  return () => void handlers.delete(handler);
}
