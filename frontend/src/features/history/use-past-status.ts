import { useRelay } from 'cecelia-client/react';
import { useSyncExternalStore } from 'react';
import { type PastStatus, pastEventsOf } from './past-events';

/** Returns whether the events before this page was opened were loaded. */
export function usePastStatus(): PastStatus {
  const { view } = useRelay();
  const past = pastEventsOf(view);
  return useSyncExternalStore(past.subscribe, past.get);
}
