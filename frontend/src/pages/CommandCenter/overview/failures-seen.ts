const key = 'cecelia.failures-seen';

/** Until when failures were seen, in Unix milliseconds of the relay's clock; 0: never. Kept in the local storage, if there is one. */
class FailuresSeen {
  readonly #listeners = new Set<() => void>();
  #at = stored();

  readonly get = (): number => this.#at;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  set(at: number): void {
    this.#at = at;
    try {
      localStorage.setItem(key, String(at));
    } catch {
      // Storage is disabled: the mark lasts as long as the page.
    }
    for (const listener of this.#listeners) listener();
  }
}

function stored(): number {
  try {
    const at = Number(localStorage.getItem(key) ?? 0);
    return Number.isFinite(at) ? at : 0;
  } catch {
    return 0;
  }
}

export const failuresSeen = new FailuresSeen();
