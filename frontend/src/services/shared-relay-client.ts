import type { ClientBoardCommand, ClientCommand } from '../types/messages';
import type { ConnectionState } from './connection-state';
import { Handlers } from './handlers';
import { pagePresence, type Presence } from './page-presence';
import {
  type CommandAck,
  CommandError,
  type CommandOptions,
  type ConnectionCounts,
  type InboundMessage,
  type MessageOf,
  type Problem,
  type RelayConnection,
  type Unsubscribe,
} from './relay-connection';
import { relayUrl } from './relay-url';
import { aliveMs, type FromHub, type SharedOptions, type ToHub } from './shared-messages';
import type { RelayClientOptions } from './relay-client-options';

export interface SharedRelayClientOptions extends Omit<RelayClientOptions, 'WebSocket'> {
  /** The port of the worker that holds the socket: `new SharedWorker(…).port`. Called with each `connect`. */
  readonly port: () => MessagePort;
}

interface Waiting {
  readonly settle: (outcome: CommandAck | CommandError) => void;
  readonly onReply: CommandOptions['onReply'];
}

const closed: ConnectionState = { status: 'closed', why: 'closed', end: null, attempts: 0, lastConnected: null };

/**
 * A connection that all tabs of a browser share: a SharedWorker (`cecelia-client/shared-worker`) holds the socket and the state, and each tab that comes gets the
 * present state from it at once. To the page it is what a `RelayClient` is.
 */
export class SharedRelayClient implements RelayConnection {
  readonly #options: SharedOptions;
  readonly #makePort: () => MessagePort;
  readonly #presence: Presence;
  readonly #messages = this.#handlers<InboundMessage>();
  readonly #named = new Map<string, Handlers<InboundMessage>>();
  readonly #states = this.#handlers<ConnectionState>();
  readonly #problems = new Handlers<Problem>((error) => reportError(error));
  readonly #waiting = new Map<number, Waiting>();
  #state: ConnectionState = { status: 'idle', attempts: 0, lastConnected: null };
  #counts: ConnectionCounts = { messages: 0, events: 0, duplicates: 0, problems: 0, reconnects: 0 };
  #position: string | undefined;
  #commandNames: readonly string[] | null = null;
  #port: MessagePort | undefined;
  #stop: Unsubscribe | undefined;
  #commands = 0;

  /** @throws TypeError if the address or the filter cannot be used. */
  constructor({ port, presence = pagePresence, url = 'ws', ...options }: SharedRelayClientOptions) {
    this.#makePort = port;
    this.#presence = presence;
    relayUrl(url, options.filter);
    this.#options = { ...options, url: relayUrl(url) };
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get counts(): ConnectionCounts {
    return this.#counts;
  }

  get position(): string | undefined {
    return this.#position;
  }

  get commandNames(): readonly string[] | null {
    return this.#commandNames;
  }

  connect(): void {
    if (this.#port) return this.#tell({ kind: 'connect' });
    const port = this.#makePort();
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<FromHub>) => this.#heard(data);
    this.#open();
    const stop = new AbortController();
    const unwatch = this.#presence.watch(() => this.#tell({ kind: 'presence', ...this.#seen }));
    const alive = setInterval(() => this.#tell({ kind: 'alive' }), aliveMs);
    // A page that goes into the browser's cache may never come back; one that does is told `gone`, and opens again.
    if (typeof window !== 'undefined') window.addEventListener('pagehide', () => this.#tell({ kind: 'leave' }), { signal: stop.signal });
    this.#stop = () => {
      stop.abort();
      unwatch();
      clearInterval(alive);
    };
  }

  close(): void {
    this.#tell({ kind: 'leave' });
    this.#stop?.();
    this.#port?.close();
    this.#port = this.#stop = undefined;
    this.#lose();
    this.#become(closed);
  }

  subscribe(handler: (message: InboundMessage) => void): Unsubscribe {
    return this.#messages.add(handler);
  }

  on<Name extends string>(event: Name, handler: (message: MessageOf<Name>) => void): Unsubscribe {
    let handlers = this.#named.get(event);
    if (!handlers) this.#named.set(event, (handlers = this.#handlers()));
    // A message is told under its own name only, and the name decides its type.
    return handlers.add(handler as (message: InboundMessage) => void);
  }

  onState(handler: (state: ConnectionState) => void): Unsubscribe {
    return this.#states.add(handler);
  }

  onProblem(handler: (problem: Problem) => void): Unsubscribe {
    return this.#problems.add(handler);
  }

  command(name: string, data?: ClientCommand['data'], { onReply, ...options }: CommandOptions = {}): Promise<CommandAck> {
    if (!this.#port) return Promise.reject(new CommandError('not_connected', `${name} was not sent: there is no connection`));
    const number = ++this.#commands;
    return new Promise((resolve, reject) => {
      const settle = (outcome: CommandAck | CommandError) => (outcome instanceof CommandError ? reject(outcome) : resolve(outcome));
      this.#waiting.set(number, { settle, onReply });
      this.#tell({ kind: 'command', number, name, data, options });
    });
  }

  send(message: ClientCommand | ClientBoardCommand): boolean {
    this.#tell({ kind: 'send', message });
    return this.#state.status === 'live' || this.#state.status === 'degraded' || this.#state.status === 'catching-up';
  }

  get #seen() {
    return { hidden: this.#presence.hidden, online: this.#presence.online };
  }

  #handlers<Value>(): Handlers<Value> {
    return new Handlers((error) =>
      this.#problems.tell({ kind: 'handler_failed', message: 'A handler of this page failed', error, at: Date.now() }),
    );
  }

  #open(): void {
    this.#tell({ kind: 'open', options: this.#options, ...this.#seen });
  }

  #tell(message: ToHub): void {
    this.#port?.postMessage(message);
  }

  #heard(message: FromHub): void {
    switch (message.kind) {
      case 'state':
        this.#position = message.position;
        this.#commandNames = message.commandNames;
        this.#counts = message.counts;
        return this.#become(message.state);
      case 'messages':
        this.#counts = message.counts;
        for (const one of message.messages) {
          this.#messages.tell(one);
          this.#named.get(one.event)?.tell(one);
        }
        this.#position = message.position;
        return;
      case 'problem':
        return this.#problems.tell(message.problem);
      case 'settled':
        return this.#settle(message.number, message.ack);
      case 'failed':
        return this.#settle(message.number, new CommandError(message.reason, message.message));
      case 'reply':
        return this.#waiting.get(message.number)?.onReply?.(message.reply);
      case 'gone':
        this.#lose();
        return this.#open();
    }
  }

  #settle(number: number, outcome: CommandAck | CommandError): void {
    const waiting = this.#waiting.get(number);
    waiting?.settle(outcome);
    // What wants replies stays for them, bounded as the hub's own list is.
    if (!waiting?.onReply || outcome instanceof CommandError) this.#waiting.delete(number);
    for (const old of this.#waiting.keys()) {
      if (this.#waiting.size <= 320) break;
      this.#waiting.delete(old);
    }
  }

  #lose(): void {
    for (const { settle } of this.#waiting.values()) settle(new CommandError('connection_lost', 'The connection ended before the answer'));
    this.#waiting.clear();
  }

  #become(state: ConnectionState): void {
    this.#state = state;
    this.#states.tell(state);
  }
}
