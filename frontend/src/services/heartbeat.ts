/** How long a connection may take to answer a ping that was sent because something has changed, in milliseconds. */
const probeMs = 4000;

/** Notices a connection on which nothing comes any more (PROTOCOL.md, "Heartbeat"). A page sees neither ping frames nor a way that has broken without a word. */
export class Heartbeat {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #silenceMs = 0;
  #asks = false;
  #heard = 0;
  /** A probe was sent, and nothing has come since. */
  #isUnanswered = false;
  #isProbing = false;

  constructor(
    readonly ping: () => void,
    readonly silent: () => void,
  ) {}

  /**
   * Begins, or goes on with other times.
   * @param asks sends a ping of its own after half of the silence, where the server sends none.
   */
  start(silenceMs: number, asks: boolean): void {
    this.#silenceMs = silenceMs;
    this.#asks = asks;
    this.#isProbing = false;
    this.heard();
    this.#schedule();
  }

  /** A message came. Called for each one, so it does nothing but look at the clock. */
  heard(): void {
    this.#heard = Date.now();
    this.#isUnanswered = false;
  }

  /** Asks for a sign of life now: the network has changed, or the page has slept. */
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
    const quietMs = Date.now() - this.#heard;
    const untilPing = this.#asks && quietMs < this.#silenceMs / 2 ? this.#silenceMs / 2 : this.#silenceMs;
    const wait = this.#isProbing ? probeMs : untilPing - quietMs;
    const due = Date.now() + wait;
    this.#timer = setTimeout(() => this.#look(due), wait);
  }

  #look(due: number): void {
    // Much too late: the page was frozen, and what came meanwhile has not been read yet.
    if (Date.now() - due > probeMs) return this.probe();
    const quietMs = Date.now() - this.#heard;
    if (this.#isUnanswered || quietMs >= this.#silenceMs) return this.silent();
    this.#isProbing = false;
    if (this.#asks && quietMs >= this.#silenceMs / 2) this.ping();
    this.#schedule();
  }
}
