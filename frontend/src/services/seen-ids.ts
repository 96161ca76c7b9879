const limit = 512;

/** The positions that were handled last: what a relay gives again after a cut must not be handled twice. */
export class SeenIds {
  #recent: string[] = [];
  #before: ReadonlySet<string> = new Set();

  /** Notes a position that was handled. */
  note(id: string): void {
    this.#recent.push(id);
    if (this.#recent.length >= 2 * limit) this.#recent = this.#recent.slice(-limit);
  }

  /** A new connection begins: what was noted up to now is what `has` knows. On one connection, the same id twice is two events (PROTOCOL.md, "Positions"). */
  cut(): void {
    this.#before = new Set(this.#recent);
  }

  has(id: string): boolean {
    return this.#before.has(id);
  }

  /** What was known is forgotten. */
  clear(): void {
    this.#recent = [];
    this.#before = new Set();
  }
}
