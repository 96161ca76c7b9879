import { useSyncExternalStore } from 'react';
import type { Store } from '../state/stores';

/** The value of a store. The store should be the same object in each rendering. */
export function useStore<Value>({ subscribe, getSnapshot }: Store<Value>): Value {
  return useSyncExternalStore(subscribe, getSnapshot, getSnapshot);
}
