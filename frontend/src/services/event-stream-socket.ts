/** Interval of the attempts to open a WebSocket instead, in milliseconds. */
const probeMs = 120_000;

/**
 * An event stream (PROTOCOL.md, "Event stream") as the part of `WebSocket` that the client uses, for networks that do not pass on WebSockets. The client loads
 * this module when it needs it.
 *
 * - The messages are those of the subprotocol. The client resumes with `since`, as on a WebSocket, so `EventSource` does not reconnect on its own.
 * - Nothing can be sent: a command is refused with the reason `event_stream`, and `commandNames` is `null`.
 * - With a token, the stream is opened with a ticket, because `EventSource` cannot send a header. It ends when the token expires.
 * - Every two minutes a WebSocket is tried. If one opens, the stream ends with 1012, and the client reconnects.
 */
export class EventStreamSocket {
  onopen: (() => void) | null = null;
  onmessage: ((message: { readonly data: string }) => void) | null = null;
  onclose: ((end: { readonly code: number; readonly reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly protocol = 'cecelia.v1';
  readonly transport = 'event-stream';
  readonly #protocols: string[];
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #isClosed = false;

  constructor(
    readonly url: string,
    protocols: string[] = [],
  ) {
    this.#protocols = protocols;
    this.#open().catch(() => this.#end(1006, 'refused'));
  }

  send(text: string): void {
    const { type, cmd, ref } = JSON.parse(text) as { type?: string; cmd?: string; ref?: string };
    // A new token has no way either: the relay ends the stream when the old one expires, and the client reconnects with the new one.
    if (type === 'token') return;
    // A silent network path ends the connection by the relay's own pings. This one only asks whether the browser has noticed the end.
    if (type === 'ping') return this.#receive({ type: 'pong' });
    const message = `${cmd ?? type} was not sent: the network does not pass on WebSockets, and an event stream cannot send commands`;
    this.#receive({ event: 'relay:error', data: { reason: 'event_stream', message, ref }, timestamp: new Date().toISOString() });
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#source?.close();
  }

  async #open(): Promise<void> {
    const address = new URL(this.url.replace('ws', 'http'));
    if (!address.pathname.endsWith('/ws')) throw new TypeError('Only /ws has an event stream');
    address.pathname = address.pathname.replace(/ws$/, 'events');
    const token = this.#protocols.find((name) => name.startsWith('bearer.'))?.slice(7);
    if (token !== undefined) {
      const response = await fetch(new URL('api/v1/tickets', address), { method: 'POST', headers: { authorization: `Bearer ${token}` } });
      address.searchParams.set('ticket', ((await response.json()) as { ticket: string }).ticket);
    }
    if (this.#isClosed) return;
    const source = new EventSource(address);
    this.#source = source;
    source.onopen = () => {
      this.#timer = setInterval(() => this.#probe(), probeMs);
      this.onopen?.();
    };
    source.onmessage = ({ data }: MessageEvent<string>) =>
      this.onmessage?.({ data: data.startsWith('{"event":"relay:hello"') ? readOnly(data) : data });
    source.onerror = () => this.#end(1006, '');
  }

  /** Tries to open a WebSocket, with a filter that selects nothing. */
  #probe(): void {
    const address = new URL(this.url);
    address.search = 'execution=-';
    const socket = new WebSocket(address, this.#protocols);
    socket.onopen = () => {
      socket.close();
      this.#end(1012, 'websocket_available');
    };
  }

  #receive(message: object): void {
    setTimeout(() => {
      if (this.#source?.readyState === EventSource.OPEN) this.onmessage?.({ data: JSON.stringify(message) });
    });
  }

  #end(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.close();
    this.onclose?.({ code, reason });
  }
}

/** Removes the names of the commands, none of which can be sent. */
function readOnly(hello: string): string {
  const message = JSON.parse(hello) as { data: object };
  return JSON.stringify({ ...message, data: { ...message.data, commands: undefined } });
}
