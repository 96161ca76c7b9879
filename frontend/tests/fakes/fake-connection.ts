import type { ClientBoardCommand, ClientCommand } from '../../src/types/messages';
import type { Access } from '../../src/services/access';
import type { ConnectionState } from '../../src/services/connection-state';
import { ObservableConnection } from '../../src/services/observable-connection';
import type { CommandAck, CommandOptions, InboundMessage, MessageOf, Problem, Unsubscribe } from '../../src/services/relay-connection';

export const live: ConnectionState = { status: 'live', protocol: 'subprotocol', attempts: 0, lastConnected: 1000 };

/** A connection that emits what a test passes to it, and records what is called. */
export class FakeConnection extends ObservableConnection {
  connects = 0;
  closes = 0;
  renewals = 0;
  /** Number of handlers of messages. */
  subscribers = 0;
  readonly sent: (ClientCommand | ClientBoardCommand)[] = [];
  readonly commands: { name: string; data: ClientCommand['data']; options: CommandOptions | undefined }[] = [];

  receive(...messages: readonly InboundMessage[]): void {
    for (const message of messages) this.emit(message);
  }

  changeState(state: ConnectionState): void {
    this.setState(state);
  }

  fail(kind: Problem['kind'], message: string): void {
    this.emitProblem({ kind, message, at: Date.now() });
  }

  grant(access: Access | null): void {
    this.values.access = access;
  }

  override subscribe(handler: (message: InboundMessage) => void): Unsubscribe {
    return this.#counted(super.subscribe(handler));
  }

  override on<Name extends string>(event: Name, handler: (message: MessageOf<Name>) => void): Unsubscribe {
    return this.#counted(super.on(event, handler));
  }

  connect(): void {
    this.connects++;
  }

  renew(): void {
    this.renewals++;
  }

  close(): void {
    this.closes++;
  }

  command(name: string, data?: ClientCommand['data'], options?: CommandOptions): Promise<CommandAck> {
    this.commands.push({ name, data, options });
    return Promise.resolve({ id: 'c1', receivers: 1 });
  }

  send(message: ClientCommand | ClientBoardCommand): boolean {
    this.sent.push(message);
    return this.state.status === 'live';
  }

  #counted(unsubscribe: Unsubscribe): Unsubscribe {
    this.subscribers++;
    return () => {
      this.subscribers--;
      unsubscribe();
    };
  }
}
