import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { TaskEntity } from 'cecelia-client';
import { useRelay, useVersion } from 'cecelia-client/react';
import { useEffect, useRef } from 'react';
import { ApiError, getJson, isObject } from '../../../features/relay/relay-api';

export interface TaskQueryResult {
  /** The task as fetched from the relay, otherwise from the state of this page; `undefined` if neither has it. */
  readonly task: TaskEntity | undefined;
  /** The task in the state of this page. */
  readonly live: TaskEntity | undefined;
  readonly isFromRelay: boolean;
  /** The relay does not have the task. */
  readonly isUnknown: boolean;
  readonly error: Error | null;
  readonly isLoading: boolean;
}

/** Delay in milliseconds between a change and the next request. */
const debounceMs = 400;

/** Fetches a task from the relay, again after each change. `live` has the changes since the last response. */
export function useTask(id: string): TaskQueryResult {
  const { view, live: present } = useRelay();
  const isPast = view !== present;
  const client = useQueryClient();
  useVersion('tasks');
  const live = view.sections.tasks.get(id);
  const { data, error, isPending } = useQuery({
    queryKey: ['task', id],
    queryFn: async ({ signal }) => parseTask(await getJson(`api/v1/tasks/${encodeURIComponent(id)}`, signal)),
    // Structural sharing copies the data and loses the source texts of its numbers.
    structuralSharing: false,
    enabled: !isPast,
    retry: (failures, problem) => failures < 1 && !(problem instanceof ApiError),
  });

  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const seen = useRef(live);
  useEffect(() => {
    if (seen.current === live) return;
    seen.current = live;
    if (isPast) return;
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void client.invalidateQueries({ queryKey: ['task', id] });
    }, debounceMs);
  }, [client, id, live, isPast]);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [id],
  );

  // The relay has only the present task.
  if (isPast) return { task: live, live, isFromRelay: false, isUnknown: live === undefined, error: null, isLoading: false };
  const isUnknown = error instanceof ApiError && error.status === 404;
  return {
    task: isUnknown ? live : (data ?? live),
    live,
    isFromRelay: data !== undefined && error === null,
    isUnknown,
    error: isUnknown ? null : error,
    isLoading: isPending,
  };
}

/** @throws TypeError if the response is not a task. */
function parseTask(response: unknown): TaskEntity {
  if (
    !isObject(response) ||
    typeof response.id !== 'string' ||
    typeof response.timestamp !== 'string' ||
    typeof response.received !== 'string'
  ) {
    throw new TypeError('The response of the relay is not a task');
  }
  const { changes, data, status, progress } = response;
  const areChanges = changes === undefined || (Array.isArray(changes) && changes.every(isChange));
  const isRest =
    (data === undefined || isObject(data)) &&
    (status === undefined || typeof status === 'string') &&
    (progress === undefined || typeof progress === 'number');
  if (!areChanges || !isRest) throw new TypeError('The response of the relay is not a task');
  // The fields used by the page are validated above; the rest is displayed as it is.
  return response as unknown as TaskEntity;
}

function isChange(change: unknown): boolean {
  return (
    isObject(change) && typeof change.event === 'string' && typeof change.timestamp === 'string' && typeof change.received === 'string'
  );
}
