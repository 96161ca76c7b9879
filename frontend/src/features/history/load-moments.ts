import { StateHistory } from 'cecelia-client/state';
import { authorization } from '../access/token-store';
import type { HistoryRequest } from './time-travel';

/** Loads the history from the relay that serves the page, with the token of this page. @throws HistoryError */
export function loadMoments({ signal, onPage, execution }: HistoryRequest): Promise<StateHistory> {
  const fetchPath = async (path: string, aborted?: AbortSignal) => {
    const response = await fetch(new URL(path, document.baseURI), {
      headers: { accept: 'application/json', ...authorization() },
      signal: aborted ?? null,
    });
    if (response.ok) onPage?.();
    return response;
  };
  return StateHistory.load({ fetch: fetchPath, signal, ...(execution && { filter: { execution: execution.id }, end: execution.end }) });
}
