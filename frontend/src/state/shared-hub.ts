import type { Presence } from '../services/page-presence';
import { CommandError, type InboundMessage, type MessageOf } from '../services/relay-connection';
import { type FromHub, type SharedOptions, tabTimeoutMs, type ToHub } from '../services/shared-messages';
import { RelayClient } from '../services/websocket';
import type { WebSocketClass } from '../services/dial';
import { LiveState } from './live-state';

/** Messages of so many milliseconds go to the tabs in one piece: each piece costs a copy for each tab. */
const gatherMs = 4;

/** A page that shares a connection. */
interface Tab {
  readonly port: MessagePort;
  hidden: boolean;
  online: boolean;
  lastSeen: number;
  /** It has the state, and gets what comes after it. */
  isCaughtUp: boolean;
}

/** The presence of all tabs together: somebody looks if one does. */
class TabsPresence implements Presence {
  readonly #tabs: ReadonlySet<Tab>;
  readonly #watchers = new Set<() => void>();
  #told = '';

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

  /** A tab has changed, come or gone: tells it if that changes the whole. */
  changed(): void {
    const now = `${String(this.hidden)} ${String(this.online)}`;
    if (now === this.#told) return;
    this.#told = now;
    for (const changed of this.#watchers) changed();
  }
}

/** One connection with its state, and the tabs that share it. */
class SharedConnection {
  readonly tabs = new Set<Tab>();
  readonly #presence = new TabsPresence(this.tabs);
  readonly #client: RelayClient;
  readonly #view: LiveState;
  #hello: MessageOf<'relay:hello'> | undefined;
  #gathered: InboundMessage[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SharedOptions, Socket: WebSocketClass | undefined) {
    this.#client = new RelayClient({ ...options, presence: this.#presence, ...(Socket && { WebSocket: Socket }) });
    this.#view = new LiveState(this.#client, { filter: options.filter });
    this.#client.on('relay:hello', (hello) => (this.#hello = hello));
    this.#client.subscribe((message) => this.#gather(message));
    this.#client.onProblem((problem) => this.#tellAll({ kind: 'problem', problem }));
    this.#client.onState(() => this.#stateChanged());
  }

  add(tab: Tab): void {
    this.tabs.add(tab);
    this.connect();
    this.#welcome(tab);
    this.#presence.changed();
  }

  remove(tab: Tab): void {
    this.tabs.delete(tab);
    if (this.tabs.size > 0) return this.#presence.changed();
    clearTimeout(this.#timer);
    this.#client.close();
    this.#view.dispose();
  }

  connect(): void {
    this.#client.connect();
  }

  presenceChanged(): void {
    this.#presence.changed();
  }

  send(message: Parameters<RelayClient['send']>[0]): void {
    this.#client.send(message);
  }

  command(tab: Tab, { number, name, data, options }: Extract<ToHub, { kind: 'command' }>): void {
    const onReply = (reply: Extract<FromHub, { kind: 'reply' }>['reply']) => tell(tab, { kind: 'reply', number, reply });
    this.#client.command(name, data, { ...options, onReply }).then(
      (ack) => tell(tab, { kind: 'settled', number, ack }),
      (error: unknown) => {
        const { reason, message } = error instanceof CommandError ? error : { reason: 'failed', message: String(error) };
        tell(tab, { kind: 'failed', number, reason, message });
      },
    );
  }

  /** Gives a tab the present state, and from there on what comes. While a snapshot is under way there is none: then it waits for its end. */
  #welcome(tab: Tab): void {
    this.#flush();
    if (this.#client.state.status !== 'catching-up') {
      tab.isCaughtUp = true;
      this.#view.flush();
      const timestamp = new Date(Date.now() + this.#view.clockOffset).toISOString();
      const messages = this.#view.hasState ? [...this.#greeting(timestamp), this.#snapshot(timestamp)] : [];
      tell(tab, { kind: 'messages', messages, position: this.#client.position, counts: this.#client.counts });
    }
    this.#tellState(tab);
  }

  #greeting(timestamp: string): InboundMessage[] {
    if (!this.#hello) return [];
    const { data } = this.#hello;
    return [
      {
        ...this.#hello,
        data: { ...data, link: this.#view.link ?? data.link, recovered: false, wasRecovering: false, missed: null },
        timestamp,
      },
    ];
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

  #gather(message: InboundMessage): void {
    this.#gathered.push(message);
    this.#timer ??= setTimeout(() => this.#flush(), gatherMs);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#gathered.length === 0) return;
    const messages = this.#gathered;
    this.#gathered = [];
    this.#tellAll({ kind: 'messages', messages, position: this.#client.position, counts: this.#client.counts });
  }

  #stateChanged(): void {
    this.#flush();
    for (const tab of this.tabs) {
      if (tab.isCaughtUp) this.#tellState(tab);
      else this.#welcome(tab);
    }
  }

  #tellState(tab: Tab): void {
    const { state, position, commandNames, counts } = this.#client;
    tell(tab, { kind: 'state', state, position, commandNames, counts });
  }

  #tellAll(message: FromHub): void {
    for (const tab of this.tabs) if (tab.isCaughtUp || message.kind !== 'messages') tell(tab, message);
  }
}

/** Holds the connections of a SharedWorker: tabs with the same options share one. It ends with its last tab. */
export class SharedHub {
  readonly #connections = new Map<string, SharedConnection>();

  constructor(readonly Socket?: WebSocketClass) {}

  /** A tab has come. */
  accept(port: MessagePort): void {
    const tab: Tab = { port, hidden: false, online: true, lastSeen: Date.now(), isCaughtUp: false };
    let leave: (() => void) | undefined;
    let connection: SharedConnection | undefined;
    const take = (message: ToHub): void => {
      tab.lastSeen = Date.now();
      this.#sweep();
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
      if (!connection?.tabs.has(tab)) return tell(tab, { kind: 'gone' });
      switch (message.kind) {
        case 'presence':
          Object.assign(tab, { hidden: message.hidden, online: message.online });
          return connection.presenceChanged();
        case 'connect':
          return connection.connect();
        case 'send':
          return connection.send(message.message);
        case 'command':
          return connection.command(tab, message);
        case 'alive':
      }
    };
    port.onmessage = ({ data }: MessageEvent<ToHub>) => {
      take(data);
    };
  }

  /** Lets go of tabs that died without a word. */
  #sweep(): void {
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

function tell(tab: Tab, message: FromHub): void {
  tab.port.postMessage(message);
}
