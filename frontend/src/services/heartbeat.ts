/** Timeout of the answer to a ping that was sent because the network or the page has changed, in milliseconds. */
const probeMs = 4000;

/** Detects a connection on which nothing is received any more (PROTOCOL.md, "Heartbeat"). A page sees neither ping frames nor a silently broken path. */
export class Heartbeat {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timeoutMs = 0;
  #sendsPings = false;
  #lastReceived = 0;
  /** A probe was sent, and nothing was received since. */
  #isUnanswered = false;
  #isProbing = false;

  constructor(
    readonly ping: () => void,
    readonly onTimeout: () => void,
  ) {}

  /**
   * Starts, or changes the parameters.
   * @param timeoutMs longest time without a message.
   * @param sendsPings sends a ping after half of that time, if the server sends none itself.
   */
  start(timeoutMs: number, sendsPings: boolean): void {
    this.#timeoutMs = timeoutMs;
    this.#sendsPings = sendsPings;
    this.#isProbing = false;
    this.onMessage();
    this.#schedule();
  }

  /** Called for every message, so it only reads the clock. */
  onMessage(): void {
    this.#lastReceived = Date.now();
    this.#isUnanswered = false;
  }

  /** Sends a ping now and expects an answer within `probeMs`: the network has changed, or the page was suspended. */
  probe(): void {
    this.#isProbing = this.#isUnanswered = true;
    this.ping();
    this.#schedule();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const quietMs = Date.now() - this.#lastReceived;
    const limitMs = this.#sendsPings && quietMs < this.#timeoutMs / 2 ? this.#timeoutMs / 2 : this.#timeoutMs;
    const wait = this.#isProbing ? probeMs : limitMs - quietMs;
    const due = Date.now() + wait;
    this.#timer = setTimeout(() => this.#check(due), wait);
  }

  #check(due: number): void {
    // The timer is very late: the page was frozen, and messages received meanwhile have not been processed yet.
    if (Date.now() - due > probeMs) return this.probe();
    const quietMs = Date.now() - this.#lastReceived;
    if (this.#isUnanswered || quietMs >= this.#timeoutMs) return this.onTimeout();
    this.#isProbing = false;
    if (this.#sendsPings && quietMs >= this.#timeoutMs / 2) this.ping();
    this.#schedule();
  }
}
