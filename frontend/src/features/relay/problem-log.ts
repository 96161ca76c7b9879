import type { Problem, RelayConnection, Unsubscribe } from 'cecelia-client';
/** The newest problems of a connection, newest first; at most `limit`. The count of all is in `connection.counts`. */
class ProblemLog {
  #problems: readonly Problem[] = [];
  readonly #listeners = new Set<() => void>();
  readonly limit: number;

  constructor(limit = 50) {
    this.limit = limit;
  }

  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** Records the problems of the connection. */
  watch(connection: RelayConnection): void {
    connection.onProblem((problem) => {
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

const logs = new WeakMap<RelayConnection, ProblemLog>();

/** The problem log of a connection. It records from the first call on, for as long as the connection exists. */
export function problemLogOf(connection: RelayConnection): ProblemLog {
  let log = logs.get(connection);
  if (!log) {
    logs.set(connection, (log = new ProblemLog()));
    log.watch(connection);
  }
  return log;
}
