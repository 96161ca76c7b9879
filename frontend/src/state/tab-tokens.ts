/** The tokens of a connection that tabs share: asks all tabs, and takes the first token. */
export class TabTokens<Tab> {
  #request: Promise<string> | undefined;
  #resolve: ((token: string) => void) | undefined;
  #reject: ((error: Error) => void) | undefined;
  /** Tabs that have not answered. */
  readonly #asked = new Set<Tab>();

  constructor(
    readonly tabs: ReadonlySet<Tab>,
    readonly ask: (tab: Tab) => void,
  ) {}

  /** Returns a token of one of the tabs. Rejects when none of them has one. */
  request(): Promise<string> {
    if (this.#request) return this.#request;
    const request = new Promise<string>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#request = request;
    for (const tab of this.tabs) this.onTab(tab);
    return request;
  }

  /** A tab was opened: it may have a token if the others do not. */
  onTab(tab: Tab): void {
    if (!this.#request) return;
    this.#asked.add(tab);
    this.ask(tab);
  }

  onToken(token: string): void {
    this.#end();
    this.#resolve?.(token);
  }

  /** A tab has no token, or was closed. */
  onNone(tab: Tab, message: string): void {
    if (!this.#asked.delete(tab) || this.#asked.size > 0) return;
    this.#end();
    this.#reject?.(new Error(message));
  }

  #end(): void {
    this.#request = undefined;
    this.#asked.clear();
  }
}
