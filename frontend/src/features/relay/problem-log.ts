import type { Problem, RelayConnection, Unsubscribe } from '../../services/relay-connection';

/** The newest problems of a connection, newest first; at most `limit`. The count of all is in `connection.counts`. */
export class ProblemLog {
  #problems: readonly Problem[] = [];
  readonly #listeners = new Set<() => void>();
  readonly limit: number;

  constructor(limit = 50) {
    this.limit = limit;
  }

  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** Records problems of the connection until the returned function is called. */
  watch(connection: Pick<RelayConnection, 'onProblem'>): Unsubscribe {
    return connection.onProblem((problem) => {
      // Duplicates are expected: they are counted but not listed.
      if (problem.kind === 'duplicate') return;
      this.#problems = [problem, ...this.#problems].slice(0, this.limit);
      for (const listener of this.#listeners) listener();
    });
  }

  readonly subscribe = (listener: () => void): Unsubscribe => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}
