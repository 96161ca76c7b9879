/** The subprotocol of the relay (PROTOCOL.md, "Subprotocol"). */
const subprotocol = 'cecelia.v1';

export type WebSocketClass = new (url: string, protocols?: string[]) => WebSocket;

/**
 * Opens sockets, one at a time, with the subprotocol where the server knows it. A browser fails a connection whose server passes over the subprotocol that was
 * offered, just as it fails one whose server is not there. So a failure is followed by an attempt without it; and if that opens, by one more with it, since the
 * relay may have started between the two. Only a server that opens plain and then fails rich is a plain one.
 */
export class Dial {
  #speaks: 'unknown' | 'rich' | 'plain' = 'unknown';
  #cancel: (() => void) | undefined;

  /**
   * @param plain never offers the subprotocol.
   * @param timeoutMs how long each attempt may take.
   */
  constructor(
    readonly Socket: WebSocketClass | undefined,
    readonly plain: boolean,
    readonly timeoutMs: number,
  ) {}

  get isUnderWay(): boolean {
    return this.#cancel !== undefined;
  }

  /** Calls one of both, once. What is under way already is given up. */
  begin(
    address: (rich: boolean) => string,
    opened: (socket: WebSocket, rich: boolean) => void,
    failed: (code: number, reason: string) => void,
  ): void {
    this.cancel();
    const attempt = (rich: boolean, isLast: boolean) => {
      const Socket = this.Socket ?? WebSocket;
      const socket = rich ? new Socket(address(rich), [subprotocol]) : new Socket(address(rich));
      // In Node's package `ws` an error that nobody listens to ends the process, also one that comes after the close. The end is told by onclose.
      socket.onerror = () => undefined;
      const stop = () => {
        clearTimeout(timer);
        socket.onopen = socket.onclose = null;
        this.#cancel = undefined;
      };
      const end = (code: number, reason: string) => {
        stop();
        if (rich && this.#speaks !== 'rich') {
          if (isLast) this.#speaks = 'plain';
          attempt(false, false);
        } else {
          if (this.#speaks === 'plain') this.#speaks = 'unknown';
          failed(code, reason);
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
        const isRich = socket.protocol === subprotocol;
        if (rich) this.#speaks = isRich ? 'rich' : 'plain';
        if (rich || this.plain || this.#speaks === 'plain') {
          opened(socket, isRich);
          return;
        }
        socket.close();
        attempt(true, true);
      };
    };
    attempt(!this.plain && this.#speaks !== 'plain', false);
  }

  /** Gives up what is under way; neither is called. */
  cancel(): void {
    this.#cancel?.();
  }
}
