import type { StateHistory } from 'cecelia-client/state';
import { useEffect, useState } from 'react';
import { loadMomentsLazily, useTravel } from './page-moment';

/** The history of an execution, at the moment that the page shows; `ready` without one: the page shows the present. */
export type ExecutionPast =
  | { readonly status: 'ready'; readonly history: StateHistory | undefined }
  | { readonly status: 'loading'; readonly history?: undefined }
  | { readonly status: 'failed'; readonly history?: undefined; readonly error: Error };

const present: ExecutionPast = { status: 'ready', history: undefined };
const loading: ExecutionPast = { status: 'loading' };

/**
 * Loads the history of an execution while the page shows an earlier moment, and moves it along. It has the events that do not name their execution,
 * which the history of the whole page cannot assign.
 */
export function useExecutionPast(id: string): ExecutionPast {
  const travel = useTravel();
  const page = travel.status === 'past' ? travel.history : null;
  const [loaded, setLoaded] = useState<{ readonly of: string; readonly page: StateHistory; readonly past: ExecutionPast } | null>(null);
  useEffect(() => {
    if (page === null) return;
    const aborting = new AbortController();
    let stop: (() => void) | undefined;
    loadMomentsLazily({ signal: aborting.signal, execution: { id, end: page.end } }).then(
      (history) => {
        if (aborting.signal.aborted) return;
        stop = page.subscribe(() => follow(history, page));
        follow(history, page);
        setLoaded({ of: id, page, past: { status: 'ready', history } });
      },
      (error: unknown) => {
        if (aborting.signal.aborted) return;
        const past = { status: 'failed', error: error instanceof Error ? error : new Error(String(error)) } as const;
        setLoaded({ of: id, page, past });
      },
    );
    return () => {
      aborting.abort();
      stop?.();
      setLoaded(null);
    };
  }, [id, page]);
  if (page === null) return present;
  return loaded?.of === id && loaded.page === page ? loaded.past : loading;
}

/** Moves to the moment of the page: to its event if that is one of the execution, so that events of the same millisecond are steps, too. */
function follow(history: StateHistory, page: StateHistory): void {
  const { time, position } = page;
  if (position !== null && position !== '' && history.seek(position).position === position && history.time === time) return;
  history.seek(time);
}
