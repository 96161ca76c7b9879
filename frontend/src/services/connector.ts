import { findRefusal, type Failure, requestToken, type TokenSource } from './access';

/** The subprotocol of the relay (PROTOCOL.md, "Subprotocol"). */
const subprotocol = 'cecelia.v1';

/** Number of failures in a row after which an event stream is tried. */
const fallBackAfter = 2;

type Address = (hasSubprotocol: boolean) => string;

export type WebSocketClass = new (url: string, protocols?: string[]) => WebSocket;

/**
 * Opens sockets, one at a time, with the subprotocol if the server supports it. A browser fails a connection in the same way whether the server does not
 * select the offered subprotocol or cannot be reached. So:
 *
 * 1. The first attempt offers the subprotocol.
 * 2. If it fails, the next attempt does not.
 * 3. If that one opens, a last attempt offers the subprotocol again, since the relay may have started between 1 and 2.
 * 4. Only a server that accepts 2 and fails 3 is a plain one, and gets a plain connection.
 *
 * With a token there is only the first attempt: a plain connection has no place for a token.
 *
 * If no WebSocket can be opened twice in a row although the relay responds over HTTP, the next attempts that fail are followed by one with an event stream.
 */
export class Connector {
  #server: 'unknown' | 'subprotocol' | 'plain' = 'unknown';
  #cancel: (() => void) | undefined;
  #failures = 0;

  /**
   * @param plain never offers the subprotocol.
   * @param timeoutMs timeout of each attempt.
   */
  constructor(
    readonly Socket: WebSocketClass | undefined,
    readonly plain: boolean,
    readonly timeoutMs: number,
  ) {}

  get isConnecting(): boolean {
    return this.#cancel !== undefined;
  }

  /**
   * Opens a socket, and calls exactly one of `onOpen` and `onFail`. Cancels an earlier call that is still under way. With a source of tokens, a failed attempt
   * is followed by one HTTP request that finds out why.
   */
  open(
    address: Address,
    source: TokenSource | undefined,
    onOpen: (socket: WebSocket, hasSubprotocol: boolean, token: string) => void,
    onFail: (code: number, refusal: Failure) => void,
  ): void {
    this.cancel();
    const attempt = (token: string) =>
      this.#open(this.Socket ?? WebSocket, address, token, onOpen, (code, reason) => {
        const canFallBack = ++this.#failures >= fallBackAfter && !this.plain && !this.Socket && typeof EventSource !== 'undefined';
        if (!canFallBack && !(source && reason === 'refused')) return onFail(code, { reason });
        void this.#await(findRefusal(address(true), token, this.timeoutMs), (refusal) => {
          if (refusal !== 'upgrade') return onFail(code, refusal ?? { reason });
          if (!canFallBack) return onFail(code, { reason });
          void this.#await(loadEventStream(), (Stream) => {
            if (!Stream) return onFail(code, { reason });
            this.#open(Stream, address, token, onOpen, (endCode, endReason) => onFail(endCode, { reason: endReason }), true);
          });
        });
      });
    if (!source) return attempt('');
    void this.#await(requestToken(source), (token) => (typeof token === 'string' ? attempt(token) : onFail(1006, token)));
  }

  /** Passes on the result, unless it is cancelled before. */
  async #await<Result>(promise: Promise<Result>, onResult: (result: Result) => void): Promise<void> {
    const cancel = () => (this.#cancel = undefined);
    this.#cancel = cancel;
    const result = await promise;
    if (this.#cancel !== cancel) return;
    this.#cancel = undefined;
    onResult(result);
  }

  #open(
    Socket: WebSocketClass,
    address: Address,
    token: string,
    onOpen: (socket: WebSocket, hasSubprotocol: boolean, token: string) => void,
    onFail: (code: number, reason: string) => void,
    isStream = false,
  ): void {
    const offered = token === '' ? [subprotocol] : [subprotocol, `bearer.${token}`];
    const attempt = (offers: boolean, isLast: boolean) => {
      const socket = offers ? new Socket(address(offers), offered) : new Socket(address(offers));
      // In the Node package `ws` an error without a listener ends the process, even after close. The end is handled in onclose.
      socket.onerror = () => undefined;
      const stop = () => {
        clearTimeout(timer);
        socket.onopen = socket.onclose = null;
        this.#cancel = undefined;
      };
      const end = (code: number, reason: string) => {
        stop();
        if (!isStream && offers && this.#server !== 'subprotocol' && token === '') {
          if (isLast) this.#server = 'plain';
          attempt(false, false);
        } else {
          if (this.#server === 'plain') this.#server = 'unknown';
          onFail(code, reason);
        }
      };
      const timer = setTimeout(() => {
        socket.close();
        end(1006, 'timeout');
      }, this.timeoutMs);
      this.#cancel = () => {
        stop();
        socket.close();
      };
      socket.onclose = ({ code, reason }) => end(code, reason || 'refused');
      socket.onopen = () => {
        stop();
        const isSelected = socket.protocol === subprotocol;
        if (!isStream) this.#failures = 0;
        if (offers) this.#server = isSelected ? 'subprotocol' : 'plain';
        if (offers || this.plain || this.#server === 'plain') {
          onOpen(socket, isSelected, token);
          return;
        }
        socket.close();
        attempt(true, true);
      };
    };
    attempt(isStream || (!this.plain && (token !== '' || this.#server !== 'plain')), false);
  }

  /** Cancels what is under way; neither callback is called. */
  cancel(): void {
    this.#cancel?.();
  }
}

async function loadEventStream(): Promise<WebSocketClass | undefined> {
  try {
    // It has what the client uses of a WebSocket.
    return (await import('./event-stream-socket')).EventStreamSocket as unknown as WebSocketClass;
  } catch {
    return undefined;
  }
}
