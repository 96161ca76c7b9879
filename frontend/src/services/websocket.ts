import type { ByeData, ClientBoardCommand, ClientCommand, HelloData } from '../types/messages';
import { type BackoffOptions, fullJitter } from './backoff';
import { CatchUp } from './catch-up';
import { comesBack } from './close-codes';
import type { ConnectionEnd, ConnectionState } from './connection-state';
import { Dial } from './dial';
import { Handlers } from './handlers';
import { Heartbeat } from './heartbeat';
import { pagePresence, type Presence } from './page-presence';
import { parseMessage } from './parse-message';
import { PendingCommands } from './pending-commands';
import type { RelayClientOptions } from './relay-client-options';
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
import { CommandError } from './relay-connection';
import { relayUrl } from './relay-url';
import { SeenIds } from './seen-ids';

/** How much of a text that cannot be used is told, in characters. */
const problemTextLimit = 512;

/** The connection that stands. */
interface Open {
  readonly socket: WebSocket;
  readonly rich: boolean;
  readonly catchUp: CatchUp;
  bye: ByeData | undefined;
}

/**
 * A connection to the relay that comes back by itself and goes on where it was (PROTOCOL.md, "Resuming"). There is never more than one socket. Handlers are
 * called in the order in which messages came, and the position moves on only behind them.
 */
export class RelayClient implements RelayConnection {
  readonly #address: (rich: boolean) => string;
  readonly #backoff: BackoffOptions;
  readonly #options: RelayClientOptions;
  readonly #presence: Presence;
  readonly #dial: Dial;
  readonly #heartbeat = new Heartbeat(
    () => this.#transmit({ type: 'ping' }),
    () => this.#ended(1006, 'silent'),
  );
  readonly #commands = new PendingCommands();
  readonly #counts = { messages: 0, events: 0, duplicates: 0, problems: 0, reconnects: 0 };
  readonly #messages = this.#handlers<InboundMessage>();
  readonly #named = new Map<string, Handlers<InboundMessage>>();
  readonly #states = this.#handlers<ConnectionState>();
  // A handler of problems that throws has nobody left to be told: the page's own handler of errors gets it.
  readonly #problems = new Handlers<Problem>((error) => reportError(error));
  readonly #seen = new SeenIds();
  #state: ConnectionState = { status: 'idle', attempts: 0, lastConnected: null };
  #attempts = 0;
  #lastConnected: number | null = null;
  #position: string | undefined;
  #commandNames: readonly string[] | null = null;
  #open: Open | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #unwatch: Unsubscribe | undefined;

  /** @throws TypeError if the address or the filter cannot be used. */
  constructor(options: RelayClientOptions = {}) {
    const {
      url = 'ws',
      filter,
      since,
      baseDelayMs = 3000,
      maxDelayMs = 30_000,
      protocol,
      openTimeoutMs = 10_000,
      presence = pagePresence,
    } = options;
    this.#options = options;
    this.#backoff = { baseDelayMs, maxDelayMs };
    this.#presence = presence;
    this.#position = since;
    this.#address = (rich) => relayUrl(url, filter, rich ? this.#position : undefined);
    this.#address(true);
    this.#dial = new Dial(options.WebSocket, protocol === 'plain', openTimeoutMs);
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
    if (this.#open || this.#dial.isUnderWay) return;
    if (!this.#options.WebSocket && typeof WebSocket === 'undefined') {
      throw new TypeError('There is no WebSocket here: pass one as the option WebSocket, for example that of the package ws');
    }
    if (this.#state.status === 'closed') this.#attempts = 0;
    this.#unwatch ??= this.#presence.watch(() => this.#presenceChanged());
    this.#begin();
  }

  close(): void {
    this.#stop();
    if (this.#state.status !== 'closed') this.#become({ status: 'closed', why: 'closed', end: null, ...this.#attempted });
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

  command(name: string, data?: ClientCommand['data'], options: CommandOptions = {}): Promise<CommandAck> {
    if (!this.#open?.catchUp.isGreeted)
      return Promise.reject(new CommandError('not_connected', `${name} was not sent: there is no connection`));
    return this.#commands.send(name, data, options, !this.#open.rich, (message) => this.#transmit(message));
  }

  send(message: ClientCommand | ClientBoardCommand): boolean {
    this.#transmit(message);
    return this.#open !== undefined;
  }

  #handlers<Value>(): Handlers<Value> {
    return new Handlers((error) => this.#problem({ kind: 'handler_failed', message: 'A handler of this page failed', error }));
  }

  get #attempted() {
    return { attempts: this.#attempts, lastConnected: this.#lastConnected };
  }

  #begin(): void {
    clearTimeout(this.#retry);
    this.#attempts++;
    if (this.#state.status === 'reconnecting') this.#become({ ...this.#state, ...this.#attempted, nextTry: null, waitsFor: 'answer' });
    else this.#become({ status: 'connecting', ...this.#attempted });
    this.#dial.begin(
      this.#address,
      (socket, rich) => this.#opened(socket, rich),
      (code, reason) => this.#cut(undefined, code, reason),
    );
  }

  #opened(socket: WebSocket, rich: boolean): void {
    this.#open = { socket, rich, catchUp: new CatchUp(rich), bye: undefined };
    socket.onmessage = ({ data }) => this.#received(data);
    socket.onclose = ({ code, reason }) => this.#ended(code, reason || 'lost');
    if (!rich) this.#position = undefined;
    this.#seen.cut();
    this.#heartbeat.start(2 * (this.#options.heartbeatMs ?? 30_000), true);
    this.#show();
  }

  #received(data: unknown): void {
    this.#heartbeat.heard();
    this.#counts.messages++;
    const parsed = parseMessage(data);
    switch (parsed.kind) {
      case 'event':
      case 'relay':
        return this.#take(parsed.message);
      case 'problem':
        return this.#problem({ ...parsed.problem, text: String(data).slice(0, problemTextLimit) });
      case 'pong':
    }
  }

  #take(message: InboundMessage): void {
    const open = this.#open;
    if (!open) return;
    const { event, id } = message;
    const isOwn = event.startsWith('relay:');
    const isReply = 'reply_to' in message;
    if (id !== undefined && open.catchUp.isReplaying && this.#seen.has(id)) {
      this.#counts.duplicates++;
      this.#problem({ kind: 'duplicate', message: `${event} was given twice, and passed over the second time: ${id}` });
    } else {
      // Their shape was judged when they were read; other names match nothing there.
      if (isOwn) this.#ofRelay(open, message as MessageOf<`relay:${'hello' | 'snapshot' | 'gap' | 'link' | 'ack' | 'error' | 'bye'}`>);
      else this.#counts.events++;
      this.#messages.tell(message);
      this.#named.get(event)?.tell(message);
      if (isReply && !isOwn) this.#guard(() => this.#commands.reply(message));
    }
    if (this.#open !== open) return; // A handler has closed the connection, and perhaps made another.
    if (id !== undefined) {
      this.#position = id;
      this.#seen.note(id);
    }
    if (!isReply && open.catchUp.handled(message)) this.#show();
  }

  /** What a message of the relay's own means for this connection, before others are told of it. */
  #ofRelay(open: Open, own: MessageOf<`relay:${'hello' | 'snapshot' | 'gap' | 'link' | 'ack' | 'error' | 'bye'}`>): void {
    switch (own.event) {
      case 'relay:hello':
        return this.#greeted(open, own.data);
      case 'relay:snapshot':
        // What the page knew goes with part 1, and the place that belonged to it too: a cut before the last part must bring a snapshot again.
        if (own.data.part === 1) this.#position = undefined;
        return;
      case 'relay:gap':
        open.catchUp.gap(own.data);
        return this.#show();
      case 'relay:link':
        open.catchUp.linked(own.data);
        return this.#show();
      case 'relay:ack':
        return this.#guard(() => this.#commands.acknowledge(own.data));
      case 'relay:error':
        return this.#refused(own.data);
      case 'relay:bye':
        open.bye = own.data;
    }
  }

  #greeted({ catchUp }: Open, hello: HelloData): void {
    catchUp.greeted(hello);
    this.#commandNames = Array.isArray(hello.commands) ? hello.commands : null;
    if (!hello.recovered) {
      this.#position = undefined;
      this.#seen.clear();
    }
    if (hello.pingIntervalMs > 0) this.#heartbeat.start(2 * hello.pingIntervalMs, false);
    this.#show();
  }

  /** Tells how the connection stands now. */
  #show(): void {
    const { catchUp, rich } = this.#open ?? {};
    if (!catchUp?.isGreeted) return;
    if (catchUp.reason !== undefined) return this.#become({ status: 'catching-up', why: catchUp.reason, ...this.#attempted });
    if (this.#lastConnected !== null && this.#attempts > 0) this.#counts.reconnects++;
    this.#attempts = 0;
    this.#lastConnected = Date.now();
    const { status, asOf, reason } = catchUp.link;
    if (status === 'live') return this.#become({ status: 'live', protocol: rich === true ? 'rich' : 'plain', ...this.#attempted });
    this.#become({
      status: 'degraded',
      asOf: asOf == null ? null : Date.parse(asOf),
      reason: reason ?? 'The relay gave no reason',
      ...this.#attempted,
    });
  }

  /** The connection that stood has ended. */
  #ended(code: number, reason: string): void {
    const bye = this.#open?.bye;
    if (this.#state.status === 'live' || this.#state.status === 'degraded') this.#lastConnected = Date.now();
    this.#letGo();
    this.#cut(bye, code, bye?.reason ?? reason);
  }

  /** There is no connection: decides whether and when to come back. */
  #cut(bye: ByeData | undefined, code: number, reason: string): void {
    const end = { code, reason, at: Date.now() };
    const why = !(bye?.reconnect ?? comesBack(code))
      ? 'refused'
      : this.#attempts >= (this.#options.maxAttempts ?? Infinity)
        ? 'gave-up'
        : undefined;
    if (why === undefined) return this.#wait(end, bye?.retryAfterMs ?? fullJitter(this.#attempts + 1, this.#backoff));
    this.#stop();
    this.#become({ status: 'closed', why, end, ...this.#attempted });
  }

  #wait(end: ConnectionEnd, delayMs: number): void {
    clearTimeout(this.#retry);
    const waitsFor = !this.#presence.online ? 'network' : this.#presence.hidden && !this.#options.reconnectWhileHidden ? 'visible' : 'time';
    // What the browser says of the network is not always right, so that is not waited for without end.
    const wait = waitsFor === 'network' ? this.#backoff.maxDelayMs : delayMs;
    const nextTry = waitsFor === 'visible' ? null : Date.now() + wait;
    if (nextTry !== null) this.#retry = setTimeout(() => this.#begin(), wait);
    this.#become({ status: 'reconnecting', nextTry, waitsFor, end, ...this.#attempted });
  }

  #presenceChanged(): void {
    const state = this.#state;
    // The network has changed, or the page has slept: a connection that is dead says nothing of it, so it is asked.
    if (this.#open) {
      if (!this.#presence.hidden) this.#heartbeat.probe();
    } else if (state.status === 'reconnecting' && state.waitsFor !== 'answer') {
      this.#wait(state.end, 0);
      if (this.#state.status === 'reconnecting' && this.#state.waitsFor === 'time') this.#begin();
    }
  }

  #transmit(message: object): void {
    this.#open?.socket.send(JSON.stringify(message));
  }

  #refused({ ref, reason, message }: { ref?: string | undefined; reason: string; message: string }): void {
    if (!this.#commands.refuse(ref, reason, message)) this.#problem({ kind: 'refused_by_relay', message: `${reason}: ${message}` });
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#problem({ kind: 'handler_failed', message: 'A handler of replies failed', error });
    }
  }

  #problem(problem: Omit<Problem, 'at'>): void {
    this.#counts.problems++;
    this.#problems.tell({ ...problem, at: Date.now() });
  }

  /** Lets go of the socket. Nothing that it still says is heard. */
  #letGo(): void {
    this.#heartbeat.stop();
    const socket = this.#open?.socket;
    this.#open = undefined;
    if (socket) {
      socket.onmessage = socket.onclose = null;
      socket.close();
    }
    this.#commands.end();
  }

  #stop(): void {
    clearTimeout(this.#retry);
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#dial.cancel();
    this.#letGo();
  }

  #become(state: ConnectionState): void {
    this.#state = state;
    this.#states.tell(state);
  }
}
