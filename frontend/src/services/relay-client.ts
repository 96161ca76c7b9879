import type { ByeData, ClientBoardCommand, ClientCommand, HelloData } from '../types/messages';
import { type Denial, type Failure, requestToken } from './access';
import { type BackoffOptions, fullJitter } from './backoff';
import { CatchUp } from './catch-up';
import { shouldReconnect } from './close-codes';
import { type ConnectionEvent, nextState } from './connection-machine';
import type { ConnectionEnd } from './connection-state';
import { Connector } from './connector';
import { development } from './development';
import { Heartbeat } from './heartbeat';
import { ObservableConnection } from './observable-connection';
import { pagePresence, type Presence } from './page-presence';
import { parseMessage } from './parse-message';
import { PendingCommands } from './pending-commands';
import { RecentIds } from './recent-ids';
import type { RelayClientOptions } from './relay-client-options';
import type { CommandAck, CommandOptions, InboundMessage, MessageOf, Problem, Unsubscribe } from './relay-connection';
import { CommandError } from './relay-connection';
import { relayUrl } from './relay-url';

/** Longest excerpt of an unusable message in a problem, in characters. */
const problemTextLimit = 512;

type OwnMessage = MessageOf<`relay:${'hello' | 'snapshot' | 'gap' | 'link' | 'ack' | 'error' | 'token' | 'bye'}`>;

/** The open socket and what belongs to it. */
interface Session {
  readonly socket: WebSocket;
  readonly hasSubprotocol: boolean;
  readonly catchUp: CatchUp;
  /** The token that was sent last; empty: none. */
  token: string;
  /** Whether the relay has announced that the token expires soon. */
  isExpiring: boolean;
  bye: ByeData | undefined;
}

/**
 * A connection to the relay that reconnects by itself and resumes from its last position (PROTOCOL.md, "Resuming"). There is never more than one socket.
 * Handlers are called in the order in which the messages were received, and the position advances only after them. `connection-machine.ts` has its states.
 */
export class RelayClient extends ObservableConnection {
  readonly #address: (hasSubprotocol: boolean) => string;
  readonly #backoff: BackoffOptions;
  readonly #options: RelayClientOptions;
  readonly #presence: Presence;
  readonly #connector: Connector;
  readonly #heartbeat = new Heartbeat(
    () => this.#transmit({ type: 'ping' }),
    () => this.#onClose(1006, 'silent'),
  );
  readonly #commands = new PendingCommands();
  readonly #recentIds = new RecentIds();
  #session: Session | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #renewal: ReturnType<typeof setTimeout> | undefined;
  #unwatch: Unsubscribe | undefined;

  /** @throws TypeError if the address or the filter is not valid, or if a plain connection, which has no place for a token, is to have one. */
  constructor(options: RelayClientOptions = {}) {
    super();
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
    if (options.token && protocol === 'plain') throw new TypeError('A plain connection cannot have a token');
    this.#options = options;
    this.#backoff = { baseDelayMs, maxDelayMs };
    this.#presence = presence;
    this.values.position = since;
    this.#address = (hasSubprotocol) => relayUrl(url, filter, hasSubprotocol ? this.position : undefined);
    this.#address(true);
    this.#connector = new Connector(options.WebSocket, protocol === 'plain', openTimeoutMs);
  }

  connect(): void {
    if (this.#session || this.#connector.isConnecting) return;
    if (!this.#options.WebSocket && typeof WebSocket === 'undefined') {
      throw new TypeError('WebSocket is not available; pass the option WebSocket, for example from the package ws');
    }
    development.onConnect?.(this, this.#address(false));
    this.#unwatch ??= this.#presence.watch(() => this.#onPresenceChange());
    this.#attempt();
  }

  renew(): void {
    if (this.#session) void this.#renew(this.#session, 1);
  }

  close(): void {
    this.#stop();
    this.#dispatch({ type: 'close' });
  }

  command(name: string, data?: ClientCommand['data'], options: CommandOptions = {}): Promise<CommandAck> {
    if (!this.#session?.catchUp.hasHello)
      return Promise.reject(new CommandError('not_connected', `${name} was not sent: there is no connection`));
    return this.#commands.send(name, data, options, !this.#session.hasSubprotocol, (message) => this.#transmit(message));
  }

  send(message: ClientCommand | ClientBoardCommand): boolean {
    this.#transmit(message);
    return this.#session !== undefined;
  }

  protected override onHandlerError(error: unknown, message?: string): void {
    this.values.counts.problems++;
    super.onHandlerError(error, message);
  }

  /** Applies an event to the state machine. */
  #dispatch(event: ConnectionEvent): void {
    const next = nextState(this.state, event, Date.now());
    if (next !== this.state) this.setState(next);
  }

  #attempt(): void {
    clearTimeout(this.#retry);
    this.#dispatch({ type: 'attempt' });
    this.#connector.open(
      this.#address,
      this.#options.token,
      (socket, hasSubprotocol, token) => this.#onOpen(socket, hasSubprotocol, token),
      (code, refusal) => this.#retryOrClose(undefined, code, refusal),
    );
  }

  #onOpen(socket: WebSocket, hasSubprotocol: boolean, token: string): void {
    this.#session = { socket, hasSubprotocol, catchUp: new CatchUp(hasSubprotocol), token, isExpiring: false, bye: undefined };
    socket.onmessage = ({ data }) => this.#onText(data);
    socket.onclose = ({ code, reason }) => this.#onClose(code, reason || 'lost');
    if (!hasSubprotocol) this.values.position = undefined;
    this.#recentIds.startConnection();
    this.#heartbeat.start(2 * (this.#options.heartbeatMs ?? 30_000), true);
    this.#updateState();
  }

  #onText(data: unknown): void {
    this.#heartbeat.onMessage();
    this.values.counts.messages++;
    const parsed = parseMessage(data);
    switch (parsed.kind) {
      case 'event':
      case 'relay':
        return this.#onMessage(parsed.message);
      case 'problem':
        return this.#report({ ...parsed.problem, text: String(data).slice(0, problemTextLimit) });
      case 'pong':
    }
  }

  #onMessage(message: InboundMessage): void {
    const session = this.#session;
    if (!session) return;
    const { event, id } = message;
    const isOwn = event.startsWith('relay:');
    const isReply = 'reply_to' in message;
    if (id !== undefined && session.catchUp.isReplaying && this.#recentIds.has(id)) {
      this.values.counts.duplicates++;
      this.#report({ kind: 'duplicate', message: `${event} was received twice and skipped the second time: ${id}` });
    } else {
      // The shape of these was checked when they were parsed; other names match no case.
      if (isOwn) this.#onOwnMessage(session, message as OwnMessage);
      else this.values.counts.events++;
      this.emit(message);
      if (isReply && !isOwn) this.#guard(() => this.#commands.onReply(message));
    }
    if (this.#session !== session) return; // A handler has closed the connection, and perhaps opened another.
    if (id !== undefined) {
      this.values.position = id;
      this.#recentIds.add(id);
    }
    if (!isReply && session.catchUp.onHandled(message)) this.#updateState();
  }

  /** Applies a message of the relay itself to this connection, before the handlers are called. */
  #onOwnMessage(session: Session, own: OwnMessage): void {
    this.updateAccess(own);
    switch (own.event) {
      case 'relay:hello':
        return this.#onHello(session, own.data);
      case 'relay:snapshot':
        // Part 1 replaces the state of the page, so its old position is no longer valid: after a cut before the last part the snapshot must be sent again.
        if (own.data.part === 1) this.values.position = undefined;
        return;
      case 'relay:gap':
        session.catchUp.onGap(own.data);
        return this.#updateState();
      case 'relay:link':
        session.catchUp.onLink(own.data);
        return this.#updateState();
      case 'relay:ack':
        return this.#guard(() => this.#commands.onAck(own.data));
      case 'relay:error':
        return this.#onError(own.data);
      case 'relay:token':
        clearTimeout(this.#renewal);
        session.isExpiring = own.data.status === 'expiring';
        if (session.isExpiring) this.renew();
        return;
      case 'relay:bye':
        session.bye = own.data;
    }
  }

  #onHello({ catchUp }: Session, hello: HelloData): void {
    catchUp.onHello(hello);
    this.values.commandNames = Array.isArray(hello.commands) ? hello.commands : null;
    if (!hello.recovered) {
      this.values.position = undefined;
      this.#recentIds.clear();
    }
    if (hello.pingIntervalMs > 0) this.#heartbeat.start(2 * hello.pingIntervalMs, false);
    this.#updateState();
  }

  #onError({ ref, reason, message }: { ref?: string | undefined; reason: string; message: string }): void {
    if (!this.#commands.onRefusal(ref, reason, message)) this.#report({ kind: 'refused_by_relay', message: `${reason}: ${message}` });
  }

  /** Sends a new token on the open connection. While the present one expires soon and there is no other, tries again. */
  async #renew(session: Session, attempt: number): Promise<void> {
    const { token: source } = this.#options;
    if (!source) return;
    const token = await requestToken(source);
    if (this.#session !== session) return;
    if (typeof token !== 'string')
      this.#report({ kind: 'no_token', message: `There is no new token: ${token.denial?.message ?? token.reason}` });
    else if (token !== session.token && token !== '') {
      session.token = token;
      this.#transmit({ type: 'token', token });
      return;
    }
    clearTimeout(this.#renewal);
    if (session.isExpiring) this.#renewal = setTimeout(() => void this.#renew(session, attempt + 1), fullJitter(attempt, this.#backoff));
  }

  /** Derives the state of an open connection from what was received on it. */
  #updateState(): void {
    const { catchUp, hasSubprotocol, socket } = this.#session ?? {};
    if (!catchUp?.hasHello) return;
    if (catchUp.reason !== undefined) return this.#dispatch({ type: 'sync', why: catchUp.reason });
    if (this.state.lastConnected !== null && this.state.attempts > 0) this.values.counts.reconnects++;
    const { status, asOf, reason } = catchUp.link;
    if (status === 'live') {
      const { transport } = socket as { readonly transport?: 'event-stream' };
      return this.#dispatch({ type: 'synced', protocol: transport ?? (hasSubprotocol ? 'subprotocol' : 'plain') });
    }
    this.#dispatch({
      type: 'degrade',
      asOf: asOf == null ? null : Date.parse(asOf),
      reason: reason ?? 'The relay gave no reason',
    });
  }

  /** The open connection has ended. */
  #onClose(code: number, reason: string): void {
    const bye = this.#session?.bye;
    this.#closeSocket();
    this.#retryOrClose(bye, code, { reason: bye?.reason ?? reason });
  }

  /** Decides whether and when to reconnect. */
  #retryOrClose(bye: ByeData | undefined, code: number, { reason, denial }: Failure): void {
    const end = { code, reason, at: Date.now() };
    const { attempts } = this.state;
    const isRefused = !(bye?.reconnect ?? shouldReconnect(code));
    if (!isRefused && attempts < (this.#options.maxAttempts ?? Infinity)) {
      const backoff = fullJitter(attempts + 1, this.#backoff);
      // A new token is all that is missing. Rights do not change soon.
      const isRenewal = bye?.reason === 'token_expired' && attempts === 0 && this.#options.token !== undefined;
      const wait = isRenewal ? 0 : denial?.why === 'forbidden' ? this.#backoff.maxDelayMs : (bye?.retryAfterMs ?? backoff);
      return this.#scheduleRetry(end, wait, denial);
    }
    this.#stop();
    this.#dispatch({ type: isRefused ? 'refuse' : 'give-up', end });
  }

  #scheduleRetry(end: ConnectionEnd, delayMs: number, denial?: Denial): void {
    clearTimeout(this.#retry);
    const waitsFor = !this.#presence.online ? 'network' : this.#presence.hidden && !this.#options.reconnectWhileHidden ? 'visible' : 'time';
    // The browser's information about the network is not always right, so the wait for it is bounded.
    const wait = waitsFor === 'network' ? this.#backoff.maxDelayMs : delayMs;
    const nextTry = waitsFor === 'visible' ? null : Date.now() + wait;
    if (nextTry !== null) this.#retry = setTimeout(() => this.#attempt(), wait);
    this.#dispatch(denial ? { ...denial, type: 'deny', end, nextTry, waitsFor } : { type: 'lose', end, nextTry, waitsFor });
  }

  #onPresenceChange(): void {
    const { state } = this;
    // The network has changed, or the page was suspended: a dead connection does not report it, so it is probed.
    if (this.#session) {
      if (!this.#presence.hidden) this.#heartbeat.probe();
    } else if ((state.status === 'reconnecting' || state.status === 'unauthorized') && state.waitsFor !== 'answer') {
      this.#scheduleRetry(state.end, 0, state.status === 'unauthorized' ? { why: state.why, message: state.message } : undefined);
      if ('waitsFor' in this.state && this.state.waitsFor === 'time') this.#attempt();
    }
  }

  #transmit(message: object): void {
    this.#session?.socket.send(JSON.stringify(message));
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.onHandlerError(error, 'A handler of replies failed');
    }
  }

  #report(problem: Omit<Problem, 'at'>): void {
    this.values.counts.problems++;
    this.emitProblem({ ...problem, at: Date.now() });
  }

  /** Closes the socket, and ignores everything that it still receives. */
  #closeSocket(): void {
    this.#heartbeat.stop();
    clearTimeout(this.#renewal);
    const socket = this.#session?.socket;
    this.#session = undefined;
    if (socket) {
      socket.onmessage = socket.onclose = null;
      socket.close();
    }
    this.#commands.rejectAll();
  }

  #stop(): void {
    clearTimeout(this.#retry);
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#connector.cancel();
    this.#closeSocket();
  }
}
