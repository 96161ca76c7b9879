/** A server that tests control, for what a real one cannot do on demand: silence, a refusal, a cut in the middle of a message sequence. */
export class FakeServer {
  readonly sockets: FakeSocket[] = [];
  /** Whether it answers, and whether it supports the subprotocol. */
  mode: 'subprotocol' | 'plain' | 'down' | 'mute' = 'subprotocol';

  readonly WebSocket = ((server: FakeServer) =>
    class extends FakeSocket {
      constructor(url: string, protocols?: string[]) {
        super(url, protocols ?? []);
        server.sockets.push(this);
        queueMicrotask(() => this.answer(server.mode));
      }
    })(this) as unknown as new (url: string, protocols?: string[]) => WebSocket;

  get last(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error('No client has connected');
    return socket;
  }

  /** Sockets that are open or connecting. */
  get openSockets(): FakeSocket[] {
    return this.sockets.filter((socket) => !socket.isClosed);
  }
}

export class FakeSocket {
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: unknown }) => void) | null = null;
  onclose: ((end: { code: number; reason: string }) => void) | null = null;
  protocol = '';
  isClosed = false;
  readonly sent: Record<string, unknown>[] = [];
  readonly address: URL;

  constructor(
    url: string,
    readonly protocols: readonly string[],
  ) {
    this.address = new URL(url);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }

  close(): void {
    this.isClosed = true;
  }

  answer(mode: FakeServer['mode']): void {
    if (this.isClosed || mode === 'mute') return;
    if (mode === 'down' || (mode === 'plain' && this.protocols.length > 0)) return this.cut();
    this.protocol = this.protocols[0] ?? '';
    this.onopen?.();
  }

  /** Delivers a message from the server; an object as JSON. */
  receive(message: unknown): void {
    this.onmessage?.({ data: typeof message === 'object' ? JSON.stringify(message) : message });
  }

  hello(data: object = {}): void {
    const usual = {
      protocol: 'cecelia.v1',
      recovered: false,
      wasRecovering: false,
      missed: null,
      pingIntervalMs: 25_000,
      link: { status: 'live' },
    };
    this.receive({ event: 'relay:hello', data: { ...usual, ...data }, timestamp: '2026-11-21T08:00:00Z' });
  }

  snapshot(id: string, data: object = {}): void {
    this.receive({ event: 'relay:snapshot', data: { part: 1, last: true, position: id, ...data }, timestamp: '2026-11-21T08:00:00Z', id });
  }

  event(event: string, data: { readonly taskId?: string; readonly [member: string]: unknown }, id?: string): void {
    this.receive({ event, data, timestamp: '2026-11-21T08:00:00Z', task_id: id === undefined ? undefined : data.taskId, id });
  }

  cut(code = 1006, reason = ''): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.onclose?.({ code, reason });
  }
}

/** The presence of a page, set by tests. */
export class FakePresence {
  hidden = false;
  online = true;
  #watchers = new Set<() => void>();

  watch = (changed: () => void) => {
    this.#watchers.add(changed);
    return () => void this.#watchers.delete(changed);
  };

  get watchers(): number {
    return this.#watchers.size;
  }

  set(change: Partial<Pick<FakePresence, 'hidden' | 'online'>>): void {
    Object.assign(this, change);
    for (const changed of this.#watchers) changed();
  }
}
