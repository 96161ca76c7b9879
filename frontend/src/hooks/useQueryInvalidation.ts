import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { type InvalidationOptions, watchInvalidations } from '../state/invalidation';
import { useRelay } from './useRelay';

/** Invalidates the queries of React Query that events have put out of date, by event name, as in TaskTree. `rules` should be a constant. */
export function useQueryInvalidation({ projectId, rules, debounceMs }: InvalidationOptions = {}): void {
  const { connection } = useRelay();
  const client = useQueryClient();
  useEffect(
    () => watchInvalidations(connection, { projectId, rules, debounceMs }, (queryKey) => void client.invalidateQueries({ queryKey })),
    [connection, client, projectId, rules, debounceMs],
  );
}
