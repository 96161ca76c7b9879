import type { ClientBoardCommand, ClientCommand } from '../types/messages';
import type { TokenSource } from './access';
import { isConnected } from './connection-state';
import { ObservableConnection } from './observable-connection';
import { pagePresence, type Presence } from './page-presence';
import { type CommandAck, CommandError, type CommandOptions, type Unsubscribe } from './relay-connection';
import type { RelayClientOptions } from './relay-client-options';
import { relayUrl } from './relay-url';
import { type FromHub, keepAliveMs, type SharedOptions, type ToHub } from './shared-messages';

export interface SharedRelayClientOptions extends Omit<RelayClientOptions, 'WebSocket'> {
  /** The port of the worker that owns the socket: `new SharedWorker(…).port`. Called with each `connect`. */
  readonly port: () => MessagePort;
}

interface Pending {
  readonly settle: (outcome: CommandAck | CommandError) => void;
  readonly onReply: CommandOptions['onReply'];
}

/** Maximum number of commands that are kept for their replies: the pending and the acknowledged ones of the hub. */
const pendingLimit = 320;

/**
 * A connection that all tabs of a browser share: a SharedWorker (`cecelia-client/shared-worker`) owns the socket and the state, and sends the current state to
 * each new tab immediately. Its interface is that of `RelayClient`.
 */
export class SharedRelayClient extends ObservableConnection {
  readonly #options: SharedOptions;
  readonly #makePort: () => MessagePort;
  readonly #presence: Presence;
  readonly #token: TokenSource | undefined;
  readonly #pending = new Map<number, Pending>();
  #port: MessagePort | undefined;
  #stop: Unsubscribe | undefined;
  #lastNumber = 0;

  /** @throws TypeError if the address or the filter is not valid. */
  constructor({ port, presence = pagePresence, url = 'ws', token, ...options }: SharedRelayClientOptions) {
    super();
    this.#makePort = port;
    this.#presence = presence;
    this.#token = token;
    relayUrl(url, options.filter);
    this.#options = { ...options, url: relayUrl(url), hasToken: token !== undefined };
  }

  connect(): void {
    if (this.#port) return this.#post({ kind: 'connect' });
    const port = this.#makePort();
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<FromHub>) => this.#onMessage(data);
    this.#open();
    const stop = new AbortController();
    const unwatch = this.#presence.watch(() => this.#post({ kind: 'presence', ...this.#presenceValues }));
    const keepAlive = setInterval(() => this.#post({ kind: 'keep-alive' }), keepAliveMs);
    // A page in the back/forward cache may never be restored; one that is restored receives `unknown-tab` and opens again.
    if (typeof window !== 'undefined') window.addEventListener('pagehide', () => this.#post({ kind: 'leave' }), { signal: stop.signal });
    this.#stop = () => {
      stop.abort();
      unwatch();
      clearInterval(keepAlive);
    };
  }

  renew(): void {
    this.#post({ kind: 'renew' });
  }

  close(): void {
    this.#post({ kind: 'leave' });
    this.#stop?.();
    this.#port?.close();
    this.#port = this.#stop = undefined;
    this.#rejectAll();
    this.setState({ status: 'closed', why: 'closed', end: null, attempts: 0, lastConnected: null });
  }

  command(name: string, data?: ClientCommand['data'], { onReply, ...options }: CommandOptions = {}): Promise<CommandAck> {
    if (!this.#port) return Promise.reject(new CommandError('not_connected', `${name} was not sent: there is no connection`));
    const number = ++this.#lastNumber;
    return new Promise((resolve, reject) => {
      const settle = (outcome: CommandAck | CommandError) => (outcome instanceof CommandError ? reject(outcome) : resolve(outcome));
      this.#pending.set(number, { settle, onReply });
      this.#post({ kind: 'command', number, name, data, options });
    });
  }

  send(message: ClientCommand | ClientBoardCommand): boolean {
    this.#post({ kind: 'send', message });
    return isConnected(this.state);
  }

  get #presenceValues() {
    return { hidden: this.#presence.hidden, online: this.#presence.online };
  }

  #open(): void {
    this.#post({ kind: 'open', options: this.#options, ...this.#presenceValues });
  }

  #post(message: ToHub): void {
    this.#port?.postMessage(message);
  }

  #onMessage(message: FromHub): void {
    switch (message.kind) {
      case 'state': {
        const { position, commandNames, counts } = message;
        Object.assign(this.values, { position, commandNames, counts });
        return this.setState(message.state);
      }
      case 'messages':
        this.values.counts = message.counts;
        for (const one of message.messages) {
          this.updateAccess(one);
          this.emit(one);
        }
        this.values.position = message.position;
        return;
      case 'problem':
        return this.emitProblem(message.problem);
      case 'ack':
        return this.#settle(message.number, message.ack);
      case 'command-error':
        return this.#settle(message.number, new CommandError(message.reason, message.message));
      case 'reply':
        return this.#pending.get(message.number)?.onReply?.(message.reply);
      case 'token-request':
        return void this.#answerWithToken();
      case 'unknown-tab':
        this.#rejectAll();
        return this.#open();
    }
  }

  async #answerWithToken(): Promise<void> {
    try {
      const token = (await this.#token?.()) ?? '';
      this.#post({ kind: 'token', token });
    } catch (error) {
      this.#post({ kind: 'no-token', message: error instanceof Error ? error.message : String(error) });
    }
  }

  #settle(number: number, outcome: CommandAck | CommandError): void {
    const pending = this.#pending.get(number);
    pending?.settle(outcome);
    // A command with a handler of replies is kept for them.
    if (!pending?.onReply || outcome instanceof CommandError) this.#pending.delete(number);
    for (const oldest of this.#pending.keys()) {
      if (this.#pending.size <= pendingLimit) break;
      this.#pending.delete(oldest);
    }
  }

  #rejectAll(): void {
    for (const { settle } of this.#pending.values())
      settle(new CommandError('connection_lost', 'The connection ended before the relay acknowledged the command'));
    this.#pending.clear();
  }
}
