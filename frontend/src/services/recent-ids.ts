const limit = 512;

/** The positions that were handled most recently: events that a relay sends again after a reconnect must not be handled twice. */
export class RecentIds {
  #recent: string[] = [];
  #before: ReadonlySet<string> = new Set();

  /** Adds a position that was handled. */
  add(id: string): void {
    this.#recent.push(id);
    if (this.#recent.length >= 2 * limit) this.#recent = this.#recent.slice(-limit);
  }

  /**
   * Starts a new connection: `has` covers the positions that were added before this call. On one connection, the same id twice is two events
   * (PROTOCOL.md, "Positions").
   */
  startConnection(): void {
    this.#before = new Set(this.#recent);
  }

  has(id: string): boolean {
    return this.#before.has(id);
  }

  clear(): void {
    this.#recent = [];
    this.#before = new Set();
  }
}
