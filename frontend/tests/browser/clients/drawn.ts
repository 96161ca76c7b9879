// Clients of the two systems whose documents describe the reconnect rule without code.

/** TaskTree's service: each delay is twice the one before, up to a maximum number of attempts, which a connection resets. */
export class WebSocketService {
  ws: WebSocket | null = null;
  reconnectAttempts = 0;
  isGivenUp = false;
  readonly #maxReconnectAttempts = 5;
  readonly #reconnectDelay = 1000;

  constructor(readonly open: () => WebSocket) {}

  connect(): void {
    this.ws = this.open();
    this.ws.onopen = () => (this.reconnectAttempts = 0);
    this.ws.onclose = () => this.#scheduleReconnect();
  }

  #scheduleReconnect(): void {
    this.isGivenUp = this.reconnectAttempts >= this.#maxReconnectAttempts;
    if (this.isGivenUp) return;
    this.reconnectAttempts += 1;
    setTimeout(() => this.connect(), this.#reconnectDelay * 2 ** (this.reconnectAttempts - 1));
  }
}

const MAX_RECONNECT_ATTEMPTS = 5;
const RECONNECT_DELAY = 3000;

/** Workflow's store: it does not reconnect after a clean close, and after any other makes up to five attempts with growing delays. */
export class ConnectStore {
  ws: WebSocket | null = null;
  attempts = 0;
  isGivenUp = false;

  constructor(readonly open: () => WebSocket) {}

  connect(): void {
    if (this.ws?.readyState === WebSocket.OPEN) return;
    this.ws = this.open();
    this.ws.onopen = () => (this.attempts = 0);
    this.ws.onclose = ({ wasClean }) => {
      this.isGivenUp = wasClean || this.attempts >= MAX_RECONNECT_ATTEMPTS;
      if (this.isGivenUp) return;
      this.attempts += 1;
      setTimeout(() => this.connect(), RECONNECT_DELAY * 2 ** (this.attempts - 1));
    };
  }
}
