import { useRelay } from 'cecelia-client/react';
import { useIsPast, useShownConnection } from '../../../features/history/page-moment';
import { useThrottledVersion } from '../../../features/relay/use-throttled-version';
import type { RelayConnection, Unsubscribe } from 'cecelia-client';
import type { LiveView } from 'cecelia-client/state';
import { useSyncExternalStore } from 'react';
import type { TaskColumns } from '../board/task-columns';
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
  readonly #slowListeners = new Set<() => void>();
  #overview: Overview;
  #stops: Unsubscribe[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #takenAt = 0;

  constructor(
    readonly model: OverviewModel,
    readonly view: LiveView & { flush?(): void },
    readonly connection: Pick<RelayConnection, 'state' | 'onState' | 'subscribe'>,
    /** An earlier moment is shown. The user has seen its failures later. */
    readonly isPast: boolean,
  ) {
    this.#overview = this.#read();
  }

  readonly get = (): Overview => this.#overview;

  readonly subscribe = (listener: () => void): Unsubscribe => this.#add(this.#listeners, listener);

  /** As `subscribe`, for what is not the view: alone, it has the overview computed at most once a second, or once with each message of a hidden page. */
  readonly subscribeSlowly = (listener: () => void): Unsubscribe => this.#add(this.#slowListeners, listener);

  #add(listeners: Set<() => void>, listener: () => void): Unsubscribe {
    const isFirst = !this.#isUsed;
    listeners.add(listener);
    if (isFirst) this.#start();
    return () => {
      listeners.delete(listener);
      if (!this.#isUsed) this.#stop();
    };
  }

  get #isUsed(): boolean {
    return this.#listeners.size + this.#slowListeners.size > 0;
  }

  #start(): void {
    const soon = () => this.#schedule(0);
    const interval = () => (this.#listeners.size > 0 ? intervalMs : longestMs);
    const onChange = () => {
      if (this.view.hasState === this.#overview.hasState) this.#schedule(interval());
      else if (this.#listeners.size > 0) soon();
      else afterNextFrame(soon); // The view that is shown comes first.
    };
    this.#stops = [
      this.view.subscribe(onChange),
      this.connection.onState(soon),
      failuresSeen.subscribe(soon),
      onVisibility(soon),
      this.connection.subscribe(() => this.#onMessage()),
    ];
    this.#schedule(0);
  }

  #stop(): void {
    for (const stop of this.#stops) stop();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #due = Infinity;

  #schedule(afterMs: number): void {
    // The last listener may have left while a frame was awaited, or in its call.
    if (!this.#isUsed) return;
    const due = Math.max(this.#takenAt + afterMs, performance.now());
    if (this.#timer !== undefined && due >= this.#due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => this.#update(), due - performance.now());
  }

  #update(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#overview = this.#read();
    for (const listener of [...this.#listeners, ...this.#slowListeners]) listener();
    this.#schedule(longestMs);
  }

  /** Browsers slow the timers of a page that has long been hidden down to one a minute, but not its messages. */
  #onMessage(): void {
    if (document.visibilityState !== 'hidden' || performance.now() - this.#takenAt < longestMs) return;
    this.view.flush?.();
    this.#update();
  }

  #read(): Overview {
    const overview = this.model.read(Date.now(), this.isPast ? 0 : failuresSeen.get());
    this.#takenAt = performance.now();
    return overview;
  }
}

/** Calls back when the next frame has been rendered. Not in a hidden page, where `#onMessage` has the overview computed. */
function afterNextFrame(callback: () => void): void {
  requestAnimationFrame(() => setTimeout(callback));
}

function onVisibility(listener: () => void): Unsubscribe {
  document.addEventListener('visibilitychange', listener);
  return () => document.removeEventListener('visibilitychange', listener);
}

/** The store of the columns, and the number of moves to another moment for which it was created. */
const stores = new WeakMap<TaskColumns, { readonly moves: number; readonly store: OverviewStore }>();

/** Returns the overview of the columns' project. All users share one computation. */
export function useOverviewStore(project: string | null): OverviewStore {
  const { view } = useRelay();
  const connection = useShownConnection();
  const columns = useSharedColumns();
  const version = useThrottledVersion('past', intervalMs);
  // What was observed of the stream does not hold for a moment before it.
  const isPast = useIsPast();
  const moves = isPast ? version : 0;
  let kept = stores.get(columns);
  if (kept?.moves !== moves) {
    kept = { moves, store: new OverviewStore(new OverviewModel(view, connection, columns, project), view, connection, isPast) };
    stores.set(columns, kept);
  }
  return kept.store;
}

/** Returns the overview of the selected project. */
export function useOverview(project: string | null): Overview {
  const store = useOverviewStore(project);
  return useSyncExternalStore(store.subscribe, store.get);
}
