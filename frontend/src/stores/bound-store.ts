import { type StoreApi, type UseBoundStore, useStore } from 'zustand';

/** Makes a hook of a store, with the functions of the store as its members: `useX()`, `useX(select)`, `useX.getState()`. */
export function boundStore<State>(store: StoreApi<State>): UseBoundStore<StoreApi<State>> {
  const useBound = (select: (state: State) => unknown = everything) => useStore(store, select);
  return Object.assign(useBound, store) as UseBoundStore<StoreApi<State>>;
}

function everything<State>(state: State): State {
  return state;
}
