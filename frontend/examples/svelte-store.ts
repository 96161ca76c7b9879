import type { Store } from 'cecelia-client/state';
import { type Readable, readable } from 'svelte/store';

/** A store of Svelte, for `$tasks` in a component. */
export function toReadable<Value>({ subscribe, getSnapshot }: Store<Value>): Readable<Value> {
  return readable(getSnapshot(), (set) => {
    set(getSnapshot());
    return subscribe(() => set(getSnapshot()));
  });
}
