import type { Unsubscribe } from './relay-connection';

/** Those who want to be told something. A handler that throws harms no other: its error goes to `failed`. */
export class Handlers<Value> {
  readonly #handlers = new Set<(value: Value) => void>();

  constructor(readonly failed: (error: unknown) => void) {}

  add(handler: (value: Value) => void): Unsubscribe {
    // Its own function each time, so that one handler may be added twice, and each is taken away by its own.
    const own = (value: Value) => handler(value);
    this.#handlers.add(own);
    return () => void this.#handlers.delete(own);
  }

  tell(value: Value): void {
    for (const handler of this.#handlers) {
      try {
        handler(value);
      } catch (error) {
        this.failed(error);
      }
    }
  }
}
