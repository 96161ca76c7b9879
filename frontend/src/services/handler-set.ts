import type { Unsubscribe } from './relay-connection';

/** A set of handlers of one kind of value. A handler that throws does not affect the others: its error is passed to `onError`. */
export class HandlerSet<Value> {
  readonly #handlers = new Set<(value: Value) => void>();

  constructor(readonly onError: (error: unknown) => void) {}

  add(handler: (value: Value) => void): Unsubscribe {
    // A wrapper for each call, so that the same handler may be added twice and each is removed by its own function.
    const own = (value: Value) => handler(value);
    this.#handlers.add(own);
    return () => void this.#handlers.delete(own);
  }

  emit(value: Value): void {
    for (const handler of this.#handlers) {
      try {
        handler(value);
      } catch (error) {
        this.onError(error);
      }
    }
  }
}
