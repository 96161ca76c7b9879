import { useCallback, useMemo, useSyncExternalStore } from 'react';
import type { LiveView, SectionName } from '../state/live-view';
import { shallowEqual } from '../state/shallow-equal';
import { useRelay } from './useRelay';

/** A part of the view that has its own version. */
export type LivePart = SectionName | 'feed' | 'past' | 'gaps' | 'seconds';

/**
 * A selection of the live state, computed when one of the parts has changed (without parts: when anything has), at most once per animation frame. The
 * component renders again only if the selection is a different value, or has different members. `parts` should be a constant.
 */
export function useLive<Selected>(select: (view: LiveView) => Selected, parts?: readonly LivePart[]): Selected {
  return useSelection(useRelay().view, select, parts);
}

/** The version of a part of the live state, or of everything: the component renders again when it has changed, at most once per animation frame. */
export function useVersion(part?: LivePart): number {
  return useLive(useCallback((view: LiveView) => view.version(part), [part]));
}

/** As `useLive`, for a given view. */
export function useSelection<Selected>(view: LiveView, select: (view: LiveView) => Selected, parts?: readonly LivePart[]): Selected {
  const read = useMemo(() => selection(view, select, parts), [view, select, parts]);
  const subscribe = useMemo(() => (listener: () => void) => view.subscribe(listener), [view]);
  return useSyncExternalStore(subscribe, read, read);
}

/** Returns a function that reads the selection, and returns the same object until it has changed. */
function selection<Selected>(view: LiveView, select: (view: LiveView) => Selected, parts?: readonly LivePart[]): () => Selected {
  let last: { readonly version: number; readonly selected: Selected } | undefined;
  return () => {
    const version = parts ? parts.reduce((sum, part) => sum + view.version(part), 0) : view.version();
    if (last?.version === version) return last.selected;
    const selected = select(view);
    last = { version, selected: last && shallowEqual(last.selected, selected) ? last.selected : selected };
    return last.selected;
  };
}
