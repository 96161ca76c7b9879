// What others write against the built package, by Node's rules and in strict mode. `npm run build:library` compiles it.
import { type CommandAck, RelayClient, SharedRelayClient } from 'cecelia-client';
import { RelayProvider, useConnectStore, useTaskStatus, useWebSocketRouter } from 'cecelia-client/react';
import { useQueryInvalidation } from 'cecelia-client/react-query';
import { LiveState } from 'cecelia-client/state';
import { ExecutionStatus, useExecution } from 'cecelia-client/vue';

const client = new RelayClient({ url: 'ws' });
client.on('task:progress', ({ data }) => {
  const progress: number | null | undefined = data.progress;
  return progress;
});
client.onState((state) => {
  if (state.status === 'reconnecting') return state.nextTry satisfies number | null;
});
export const ack: Promise<CommandAck> = client.command('start_session', {});
export const view = new LiveState(client);
export const shared = new SharedRelayClient({ port: () => new SharedWorker('worker.js').port });
export const vue = { ExecutionStatus, status: useExecution('e1').status.value satisfies string | null };

function Tasks() {
  const { tasks } = useTaskStatus();
  const status = useConnectStore((store) => store.status);
  useQueryInvalidation({ projectId: 'p1' });
  useWebSocketRouter<'task:created'>({
    'task:created': ({ data }) => data.taskId satisfies string | null | undefined,
    other: () => undefined,
  });
  return <p title={status}>{tasks.length}</p>;
}

export const page = (
  <RelayProvider>
    <Tasks />
  </RelayProvider>
);
