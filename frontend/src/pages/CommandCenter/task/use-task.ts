import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { ApiError, getJson, isObject } from '../../../components/api';
import { useRelay, useVersion } from '../../../components/relay-context';
import type { TaskEntity } from '../../../types/messages';

export interface TaskAnswer {
  /** As the relay has it, else as it is known here; `undefined`: neither. */
  readonly task: TaskEntity | undefined;
  /** As the page's own state has it. */
  readonly live: TaskEntity | undefined;
  readonly isFromRelay: boolean;
  /** The relay does not know it. */
  readonly isUnknown: boolean;
  readonly error: Error | null;
  readonly isLoading: boolean;
}

/** How long changes are gathered before the relay is asked again, in milliseconds. */
const gatherMs = 400;

/** The relay's own word on a task, asked for again when the task has changed. What changed since is in `live`. */
export function useTask(id: string): TaskAnswer {
  const { view } = useRelay();
  const client = useQueryClient();
  useVersion('tasks');
  const live = view.sections.tasks.get(id);
  const { data, error, isPending } = useQuery({
    queryKey: ['task', id],
    queryFn: async ({ signal }) => parseTask(await getJson(`api/v1/tasks/${encodeURIComponent(id)}`, signal)),
    // A copy would not have the texts of its numbers.
    structuralSharing: false,
    retry: (failures, problem) => failures < 1 && !(problem instanceof ApiError),
  });

  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const seen = useRef(live);
  useEffect(() => {
    if (seen.current === live) return;
    seen.current = live;
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void client.invalidateQueries({ queryKey: ['task', id] });
    }, gatherMs);
  }, [client, id, live]);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [id],
  );

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

/** @throws TypeError if the answer is no task. */
function parseTask(answer: unknown): TaskEntity {
  if (!isObject(answer) || typeof answer.id !== 'string' || typeof answer.timestamp !== 'string' || typeof answer.received !== 'string') {
    throw new TypeError('The response of the relay is not a task');
  }
  const { changes, data, status, progress } = answer;
  const areChanges = changes === undefined || (Array.isArray(changes) && changes.every(isChange));
  const isRest =
    (data === undefined || isObject(data)) &&
    (status === undefined || typeof status === 'string') &&
    (progress === undefined || typeof progress === 'number');
  if (!areChanges || !isRest) throw new TypeError('The response of the relay is not a task');
  // What the page goes by has been looked at above; the rest is shown as it is.
  return answer as unknown as TaskEntity;
}

function isChange(change: unknown): boolean {
  return (
    isObject(change) && typeof change.event === 'string' && typeof change.timestamp === 'string' && typeof change.received === 'string'
  );
}
