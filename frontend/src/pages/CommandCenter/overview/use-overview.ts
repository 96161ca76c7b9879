import { useRelay } from 'cecelia-client/react';
import type { RelayConnection, Unsubscribe } from 'cecelia-client';
import type { LiveView } from 'cecelia-client/state';
import { useMemo, useSyncExternalStore } from 'react';
import { useSharedColumns } from '../board/use-task-columns';
import { type Overview, OverviewModel } from './overview-model';
import { failuresSeen } from './failures-seen';

/** Shortest time between two updates, in milliseconds: for people, more often is not better. */
const intervalMs = 500;
/** Longest time: durations and silence change without an event. */
const longestMs = 1000;

/** The overview, updated at most twice a second. One computation serves all panels, so that their numbers agree. */
class OverviewStore {
  readonly #listeners = new Set<() => void>();
  #overview: Overview;
  #stops: Unsubscribe[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #takenAt = 0;

  constructor(
    readonly model: OverviewModel,
    readonly view: LiveView,
    readonly connection: Pick<RelayConnection, 'state' | 'onState'>,
  ) {
    this.#overview = this.#read();
  }

  readonly get = (): Overview => this.#overview;

  readonly subscribe = (listener: () => void): Unsubscribe => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#start();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#stop();
    };
  };

  #start(): void {
    const soon = () => this.#schedule(0);
    const onChange = () => this.#schedule(this.view.hasState === this.#overview.hasState ? intervalMs : 0);
    this.#stops = [this.view.subscribe(onChange), this.connection.onState(soon), failuresSeen.subscribe(soon)];
    this.#schedule(0);
  }

  #stop(): void {
    for (const stop of this.#stops) stop();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #due = Infinity;

  #schedule(afterMs: number): void {
    const due = Math.max(this.#takenAt + afterMs, performance.now());
    if (this.#timer !== undefined && due >= this.#due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#overview = this.#read();
      for (const listener of this.#listeners) listener();
      this.#schedule(longestMs);
    }, due - performance.now());
  }

  #read(): Overview {
    const overview = this.model.read(Date.now(), failuresSeen.get());
    this.#takenAt = performance.now();
    return overview;
  }
}

/** Returns the overview of the selected project. */
export function useOverview(project: string | null): Overview {
  const { connection, view } = useRelay();
  const columns = useSharedColumns();
  const store = useMemo(
    () => new OverviewStore(new OverviewModel(view, connection, columns, project), view, connection),
    [view, connection, columns, project],
  );
  return useSyncExternalStore(store.subscribe, store.get);
}
