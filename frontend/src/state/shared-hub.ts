import type { AccessData } from '../types/messages';
import type { Presence } from '../services/page-presence';
import { CommandError, type InboundMessage, type MessageOf } from '../services/relay-connection';
import { type FromHub, type SharedOptions, tabTimeoutMs, type ToHub } from '../services/shared-messages';
import { RelayClient } from '../services/relay-client';
import type { WebSocketClass } from '../services/connector';
import { LiveState } from './live-state';
import { TabTokens } from './tab-tokens';

/** Messages are sent to the tabs in batches of this many milliseconds: each batch costs a copy for each tab. */
const batchMs = 4;

/** A page that shares a connection. */
interface Tab {
  readonly port: MessagePort;
  hidden: boolean;
  online: boolean;
  lastSeen: number;
  /** Whether it has received the state, and so receives the messages after it. */
  isCaughtUp: boolean;
}

/** The presence of all tabs together: visible if one of them is. */
class TabsPresence implements Presence {
  readonly #tabs: ReadonlySet<Tab>;
  readonly #watchers = new Set<() => void>();
  #last = '';

  constructor(tabs: ReadonlySet<Tab>) {
    this.#tabs = tabs;
  }

  get hidden(): boolean {
    return [...this.#tabs].every((tab) => tab.hidden);
  }

  get online(): boolean {
    return [...this.#tabs].some((tab) => tab.online);
  }

  watch(changed: () => void) {
    this.#watchers.add(changed);
    return () => void this.#watchers.delete(changed);
  }

  /** Called when a tab has changed, or was added or removed: calls the watchers if that changes the whole. */
  update(): void {
    const now = `${String(this.hidden)} ${String(this.online)}`;
    if (now === this.#last) return;
    this.#last = now;
    for (const changed of this.#watchers) changed();
  }
}

/** One connection with its state, and the tabs that share it. */
class SharedConnection {
  readonly tabs = new Set<Tab>();
  readonly #presence = new TabsPresence(this.tabs);
  readonly #client: RelayClient;
  readonly #view: LiveState;
  readonly #tokens = new TabTokens<Tab>(this.tabs, (tab) => post(tab, { kind: 'token-request' }));
  #hello: MessageOf<'relay:hello'> | undefined;
  #batch: InboundMessage[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor({ hasToken, ...options }: SharedOptions, Socket: WebSocketClass | undefined) {
    this.#client = new RelayClient({
      ...options,
      presence: this.#presence,
      ...(hasToken && { token: () => this.#tokens.request() }),
      ...(Socket && { WebSocket: Socket }),
    });
    this.#view = new LiveState(this.#client, { filter: options.filter });
    this.#client.on('relay:hello', (hello) => (this.#hello = hello));
    this.#client.subscribe((message) => this.#enqueue(message));
    this.#client.onProblem((problem) => this.#postAll({ kind: 'problem', problem }));
    this.#client.onState(() => this.#onState());
  }

  add(tab: Tab): void {
    this.tabs.add(tab);
    this.#tokens.onTab(tab);
    this.connect();
    this.#sendState(tab);
    this.#presence.update();
  }

  remove(tab: Tab): void {
    this.tabs.delete(tab);
    this.#tokens.onNone(tab, 'The tab was closed');
    if (this.tabs.size > 0) return this.#presence.update();
    clearTimeout(this.#timer);
    this.#client.close();
    this.#view.dispose();
  }

  connect(): void {
    this.#client.connect();
  }

  renew(): void {
    this.#client.renew();
  }

  onToken(tab: Tab, message: Extract<ToHub, { kind: 'token' | 'no-token' }>): void {
    if (message.kind === 'token') this.#tokens.onToken(message.token);
    else this.#tokens.onNone(tab, message.message);
  }

  updatePresence(): void {
    this.#presence.update();
  }

  send(message: Parameters<RelayClient['send']>[0]): void {
    this.#client.send(message);
  }

  command(tab: Tab, { number, name, data, options }: Extract<ToHub, { kind: 'command' }>): void {
    const onReply = (reply: Extract<FromHub, { kind: 'reply' }>['reply']) => post(tab, { kind: 'reply', number, reply });
    this.#client.command(name, data, { ...options, onReply }).then(
      (ack) => post(tab, { kind: 'ack', number, ack }),
      (error: unknown) => {
        const { reason, message } = error instanceof CommandError ? error : { reason: 'failed', message: String(error) };
        post(tab, { kind: 'command-error', number, reason, message });
      },
    );
  }

  /** Sends a tab the current state, followed by the messages after it. While a snapshot is being received, it waits for the snapshot's end. */
  #sendState(tab: Tab): void {
    this.#flush();
    if (this.#client.state.status !== 'catching-up') {
      tab.isCaughtUp = true;
      this.#view.flush();
      const timestamp = new Date(Date.now() + this.#view.clockOffset).toISOString();
      const messages = this.#view.hasState ? [...this.#helloFor(timestamp), this.#snapshot(timestamp)] : [];
      post(tab, { kind: 'messages', messages, position: this.#client.position, counts: this.#client.counts });
    }
    this.#postState(tab);
  }

  #helloFor(timestamp: string): InboundMessage[] {
    if (!this.#hello) return [];
    const { data } = this.#hello;
    const { access } = this.#client;
    return [
      {
        ...this.#hello,
        data: {
          ...data,
          link: this.#view.link ?? data.link,
          recovered: false,
          wasRecovering: false,
          missed: null,
          ...(data.access && access && { access: this.#accessNow(data.access, access.expires) }),
        },
        timestamp,
      },
    ];
  }

  #accessNow(granted: AccessData, expires: number): AccessData {
    return {
      ...granted,
      expires: new Date(expires + this.#view.clockOffset).toISOString(),
      expiresInMs: Math.max(0, expires - Date.now()),
    };
  }

  #snapshot(timestamp: string): InboundMessage {
    const { tasks, executor, executions, nodes, agents, projects } = this.#view.sections;
    const sections = {
      tasks: [...tasks.values()],
      executor: [...executor.values()],
      executions: [...executions.values()],
      nodes: [...nodes.values()],
      agents: [...agents.values()],
      projects: [...projects.values()],
    };
    return { event: 'relay:snapshot', data: { part: 1, last: true, position: this.#client.position ?? null, ...sections }, timestamp };
  }

  #enqueue(message: InboundMessage): void {
    this.#batch.push(message);
    this.#timer ??= setTimeout(() => this.#flush(), batchMs);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#batch.length === 0) return;
    const messages = this.#batch;
    this.#batch = [];
    this.#postAll({ kind: 'messages', messages, position: this.#client.position, counts: this.#client.counts });
  }

  #onState(): void {
    this.#flush();
    for (const tab of this.tabs) {
      if (tab.isCaughtUp) this.#postState(tab);
      else this.#sendState(tab);
    }
  }

  #postState(tab: Tab): void {
    const { state, position, commandNames, counts } = this.#client;
    post(tab, { kind: 'state', state, position, commandNames, counts });
  }

  #postAll(message: FromHub): void {
    for (const tab of this.tabs) if (tab.isCaughtUp || message.kind !== 'messages') post(tab, message);
  }
}

/** Owns the connections of a SharedWorker: tabs with the same options share one. A connection is closed with its last tab. */
export class SharedHub {
  readonly #connections = new Map<string, SharedConnection>();

  constructor(readonly Socket?: WebSocketClass) {}

  /** Accepts the port of a new tab. */
  accept(port: MessagePort): void {
    const tab: Tab = { port, hidden: false, online: true, lastSeen: Date.now(), isCaughtUp: false };
    let leave: (() => void) | undefined;
    let connection: SharedConnection | undefined;
    const onMessage = (message: ToHub): void => {
      tab.lastSeen = Date.now();
      this.#removeDeadTabs();
      if (message.kind === 'open') {
        leave?.();
        Object.assign(tab, { hidden: message.hidden, online: message.online, isCaughtUp: false });
        const key = JSON.stringify(message.options);
        const shared = this.#connections.get(key) ?? new SharedConnection(message.options, this.Socket);
        this.#connections.set(key, shared);
        connection = shared;
        leave = () => {
          this.#remove(key, shared, tab);
        };
        return shared.add(tab);
      }
      if (message.kind === 'leave') {
        leave?.();
        leave = connection = undefined;
        return;
      }
      if (!connection?.tabs.has(tab)) return post(tab, { kind: 'unknown-tab' });
      switch (message.kind) {
        case 'presence':
          Object.assign(tab, { hidden: message.hidden, online: message.online });
          return connection.updatePresence();
        case 'connect':
          return connection.connect();
        case 'renew':
          return connection.renew();
        case 'token':
        case 'no-token':
          return connection.onToken(tab, message);
        case 'send':
          return connection.send(message.message);
        case 'command':
          return connection.command(tab, message);
        case 'keep-alive':
      }
    };
    port.onmessage = ({ data }: MessageEvent<ToHub>) => {
      onMessage(data);
    };
  }

  /** Removes tabs that were terminated without leaving. */
  #removeDeadTabs(): void {
    for (const [key, connection] of this.#connections) {
      for (const tab of connection.tabs) if (Date.now() - tab.lastSeen > tabTimeoutMs) this.#remove(key, connection, tab);
    }
  }

  #remove(key: string, connection: SharedConnection, tab: Tab): void {
    if (!connection.tabs.has(tab)) return;
    connection.remove(tab);
    if (connection.tabs.size === 0) this.#connections.delete(key);
  }
}

function post(tab: Tab, message: FromHub): void {
  tab.port.postMessage(message);
}
