// Code of a user of the built package, with Node's module resolution and in strict mode. `npm run build:library` compiles it.
import {
  type CommandAck,
  RelayClient,
  SharedRelayClient,
  WebSocketClient,
  type WebSocketMessage,
  WebSocketService,
  type WSCommand,
  type WSEventType,
  type WSMessage,
} from 'cecelia-client';
import { RelayProvider, useTaskStatus } from 'cecelia-client/react';
import { useQueryInvalidation } from 'cecelia-client/react-query';
import { LiveState } from 'cecelia-client/state';
import { useConnectStore, useSessionStore, useWebSocketRouter, useWorkflowRunStore } from 'cecelia-client/workflow';
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

const ws = new WebSocketClient({ url: 'ws' });
ws.on('task:created', (task) => task.taskId satisfies string | null | undefined);
export const stop: () => void = new WebSocketService({ url: 'ws' }).subscribe((message: WebSocketMessage) => message.type satisfies string);
export const event: WSMessage<{ token: string }> = { event: 'token_stream' satisfies WSEventType, data: { token: 'a' } };
export const command: WSCommand = { cmd: 'pause_session' };

function Tasks() {
  const { tasks } = useTaskStatus();
  useWebSocketRouter();
  const content: string | undefined = useSessionStore((store) => store.messages[0]?.content);
  const executionStatus: string | null = useWorkflowRunStore((store) => store.executionStatus);
  const status = useConnectStore((store) => store.status);
  useQueryInvalidation({ projectId: 'p1' });
  useWebSocketRouter<'task:created'>({
    'task:created': ({ data }) => data.taskId satisfies string | null | undefined,
    other: () => undefined,
  });
  return <p title={status}>{`${tasks[0]?.taskId}: ${tasks[0]?.status} ${content} ${executionStatus}`}</p>;
}

export const page = (
  <RelayProvider>
    <Tasks />
  </RelayProvider>
);
