import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query';
import type { StateResponse } from 'cecelia-client';
import { RelayProvider, useWebSocket } from 'cecelia-client/react';
import { useQueryInvalidation } from 'cecelia-client/react-query';

/** Your own back end; here the state of the relay, which contains the same tasks. */
async function fetchTasks(projectId: string) {
  const answer = await fetch(`/api/v1/state?project=${encodeURIComponent(projectId)}`);
  if (!answer.ok) throw new Error(`The tasks could not be loaded: ${answer.status}`);
  return ((await answer.json()) as StateResponse).tasks;
}

function Board({ projectId }: { projectId: string }) {
  const tasks = useQuery({ queryKey: ['tasks', projectId], queryFn: () => fetchTasks(projectId) });
  const { isConnected, attempts, lastConnected, command } = useWebSocket();
  useQueryInvalidation({ projectId }); // task_*, agent_* and others: refetches the queries that they affect
  const finish = async (id: string) => {
    const task = { id, status: 'completed' };
    await command('task_updated', task, { projectId, shape: 'board' }).catch((error: unknown) => console.error(error));
  };
  return (
    <section>
      <p>{isConnected ? 'Live' : `Attempt ${attempts}, last connected ${lastConnected?.toLocaleTimeString() ?? 'never'}`}</p>
      <ul>
        {tasks.data?.map((task) => (
          <li key={task.id}>
            <span>{`${task.data?.title ?? task.id}: ${task.status ?? ''}`}</span> <button onClick={() => void finish(task.id)}>Done</button>
          </li>
        ))}
      </ul>
    </section>
  );
}

// The relay may be reachable even if the browser reports that it is offline.
const queries = new QueryClient({ defaultOptions: { queries: { networkMode: 'always' } } });

export default function TaskBoard({ projectId = 'p1' }) {
  return (
    <QueryClientProvider client={queries}>
      <RelayProvider url="/ws" filter={{ project: projectId }}>
        <Board projectId={projectId} />
      </RelayProvider>
    </QueryClientProvider>
  );
}
