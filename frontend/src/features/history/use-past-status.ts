import { useRelay } from 'cecelia-client/react';
import { useSyncExternalStore } from 'react';
import { type PastStatus, pastEventsOf } from './past-events';

/** Returns whether the events before this page was opened were loaded. */
export function usePastStatus(): PastStatus {
  const { live } = useRelay();
  const past = pastEventsOf(live);
  return useSyncExternalStore(past.subscribe, past.get);
}
