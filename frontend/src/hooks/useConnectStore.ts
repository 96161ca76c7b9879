import { useStore } from 'zustand';
import { type ConnectStore, createConnectStore } from '../stores/connect-store';

/** The one store of the page. */
export const connectStore = /* @__PURE__ */ createConnectStore();

/** System D's store: all of it, or a selection. */
export function useConnectStore(): ConnectStore;
export function useConnectStore<Selected>(select: (store: ConnectStore) => Selected): Selected;
export function useConnectStore(select: (store: ConnectStore) => unknown = everything): unknown {
  return useStore(connectStore, select);
}

function everything(store: ConnectStore): unknown {
  return store;
}
