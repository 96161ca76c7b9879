/** What identifies a failure: the same task may fail again, later. */
export interface FailureKey {
  readonly kind: string;
  readonly id: string;
  readonly at: number;
}

export function failureKey({ kind, id, at }: FailureKey): string {
  return `${kind} ${id} ${at}`;
}

/**
 * Counts the failures since the page was last visible. They are compared by identity and not by time, since the clocks of publishers differ.
 *
 * Example: visible with the failures a and b, then hidden with a, b, c and d: 2. Visible again: 0.
 */
export class UnseenFailures {
  #last: readonly FailureKey[] | null = null;
  /** The failures when the page was hidden; `null`: it is visible, or has no state yet. */
  #seen: ReadonlySet<string> | null = null;

  /** @param failures All failures that are known; `null`: the state was not received yet. */
  count(failures: readonly FailureKey[] | null, isVisible: boolean): number {
    if (failures === null) return 0;
    if (isVisible || this.#last === null) {
      this.#last = failures;
      this.#seen = null;
      return 0;
    }
    this.#seen ??= new Set(this.#last.map(failureKey));
    let count = 0;
    for (const failure of failures) if (!this.#seen.has(failureKey(failure))) count++;
    return count;
  }
}
