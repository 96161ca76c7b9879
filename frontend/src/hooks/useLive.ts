import { useCallback, useMemo, useSyncExternalStore } from 'react';
import type { LiveView } from '../state/live-view';
import { type LivePart, selection } from '../state/stores';
import { useRelay } from './useRelay';

/**
 * A selection of the live state, computed when one of the parts has changed (without parts: when anything has), at most once per animation frame. The
 * component renders again only if the selection is a different value, or has different members. `parts` should be a constant.
 */
export function useLive<Selected>(select: (view: LiveView) => Selected, parts?: readonly LivePart[]): Selected {
  const { view } = useRelay();
  const read = useMemo(() => selection(view, select, parts), [view, select, parts]);
  // Not that of a store of the selection: a component that passes another function each time would subscribe again with each rendering.
  const subscribe = useMemo(() => (listener: () => void) => view.subscribe(listener), [view]);
  return useSyncExternalStore(subscribe, read, read);
}

/** The version of a part of the live state, or of everything: the component renders again when it has changed, at most once per animation frame. */
export function useVersion(part?: LivePart): number {
  return useLive(useCallback((view: LiveView) => view.version(part), [part]));
}
