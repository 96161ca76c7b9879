import { isConnected, type RelayConnection } from 'cecelia-client';
import { useConnectionState, useRelay } from 'cecelia-client/react';
import type { StateHistory } from 'cecelia-client/state';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { showMoment, useRoute } from '../navigation/route';
import { type LoadMoments, TimeTravel, type Travel } from './time-travel';

/** Most pages never show an earlier moment: what that needs is loaded when it is needed. */
export const loadMomentsLazily: LoadMoments = async (request) => (await import('./load-moments')).loadMoments(request);

/** The moment that this page shows. */
export const pageMoment = /* @__PURE__ */ new TimeTravel(loadMomentsLazily, showMoment);

export function useTravel(): Travel {
  return useSyncExternalStore(pageMoment.subscribe, pageMoment.get);
}

/** Follows the moment in the address, as soon as the relay has let this page in. */
export function useMomentOfAddress(): void {
  // A wall has no controls to return to the present.
  const { at: linked, wall } = useRoute();
  const at = wall ? null : linked;
  const state = useConnectionState();
  const [isIn, setIn] = useState(false);
  if (!isIn && isConnected(state)) setIn(true);
  useEffect(() => {
    if (isIn) pageMoment.follow(at);
  }, [at, isIn]);
}

/** Rerenders with each move of the history, and returns its time. */
export function useMomentOf(history: StateHistory): number {
  useSyncExternalStore(
    (listener) => history.subscribe(listener),
    () => `${history.time} ${history.index}`,
  );
  return history.time;
}

/** Whether the views show an earlier moment. */
export function useIsPast(): boolean {
  const { view, live } = useRelay();
  return view !== live;
}

type StateSource = Pick<RelayConnection, 'state' | 'onState' | 'subscribe'>;

/** The history has no outages of this page: the state of the relay is shown as it was. */
const pastConnection: StateSource = {
  state: { status: 'live', protocol: 'subprotocol', attempts: 0, lastConnected: null },
  onState: () => () => undefined,
  subscribe: () => () => undefined,
};

/** The connection whose outages the shown data has. */
export function useShownConnection(): StateSource {
  const { connection } = useRelay();
  return useIsPast() ? pastConnection : connection;
}
