import { createContext, useContext, useMemo, useSyncExternalStore } from 'react';
import { batchLimit } from './batch';

/** The ids that a user has selected in one view, at most 100. Listeners are called after each change. */
export class Selection {
  #ids: ReadonlySet<string> = new Set();
  #isOn = false;
  /** The id that a range begins at. */
  #anchor: string | null = null;
  readonly #listeners = new Set<() => void>();

  /** Changes with each change of the selection. */
  get ids(): ReadonlySet<string> {
    return this.#ids;
  }

  get isFull(): boolean {
    return this.#ids.size >= batchLimit;
  }

  /** Whether the view is in the mode in which a press selects. */
  get isOn(): boolean {
    return this.#isOn;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  turn(isOn: boolean): void {
    this.#isOn = isOn;
    if (!isOn) this.#anchor = null;
    this.#set(isOn ? this.#ids : new Set());
  }

  /** Selects an id, or no longer. */
  toggle(id: string): void {
    this.#anchor = id;
    const ids = new Set(this.#ids);
    if (!ids.delete(id) && !this.isFull) ids.add(id);
    this.#set(ids);
  }

  /** Selects all ids from the one that was toggled last to this one, in the order of the view. */
  toggleTo(id: string, order: readonly string[]): void {
    const [from, to] = [this.#anchor === null ? -1 : order.indexOf(this.#anchor), order.indexOf(id)];
    if (from < 0 || to < 0) this.toggle(id);
    else this.add(order.slice(Math.min(from, to), Math.max(from, to) + 1));
  }

  /** Selects as many of the ids as there is room for. */
  add(added: readonly string[]): void {
    const ids = new Set(this.#ids);
    for (const id of added) if (ids.size < batchLimit) ids.add(id);
    this.#set(ids);
  }

  clear(): void {
    this.#anchor = null;
    this.#set(new Set());
  }

  #set(ids: ReadonlySet<string>): void {
    this.#ids = ids;
    for (const listener of this.#listeners) listener();
  }
}

export function useSelection(): Selection {
  return useMemo(() => new Selection(), []);
}

export function useSelectedIds(selection: Selection): ReadonlySet<string> {
  return useSyncExternalStore(selection.subscribe, () => selection.ids);
}

export function useIsSelected(selection: Selection | null, id: string): boolean {
  return useSyncExternalStore(selection?.subscribe ?? noSubscription, () => selection?.ids.has(id) === true);
}

const noSubscription = () => () => undefined;

/** The selection of the view; `null`: nothing can be selected, because no action is allowed. */
export const SelectionContext = createContext<Selection | null>(null);

export function useViewSelection(): Selection | null {
  return useContext(SelectionContext);
}

/** Whether a press selects. */
export function useIsSelecting(selection: Selection | null): boolean {
  return useSyncExternalStore(selection?.subscribe ?? noSubscription, () => selection?.isOn === true);
}
