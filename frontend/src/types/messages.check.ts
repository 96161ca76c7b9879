/**
 * Checked by the compiler only, and not part of any page: the types of the systems that the relay replaces, as their documents declare them, are compatible
 * with the types generated from the contracts and with `websocket.ts`; and a switch over a message's name narrows its data.
 */
import type {
  AnyEvent,
  AnyTaskTreeEvent,
  CeceliaEvent,
  ClientCommand,
  ClientMessage,
  ExecutionMessage,
  RelayMessage,
  TaskCreatedEvent,
  TaskTreeEvent,
} from './messages';
import type { WebSocketMessage, WSCommand, WSCommandType, WSEventType, WSMessage } from './websocket';

/** Cecelia's declaration. */
interface CeceliaMessage {
  event: string;
  data: {
    taskId?: string;
    runId?: string;
    status?: 'queued' | 'running' | 'completed' | 'failed';
    progress?: number;
    activeCount?: number;
    availableSlots?: number;
  };
  timestamp: string;
}

/** TaskTree's declaration. */
interface TaskTreeMessage {
  type: string;
  project_id?: string;
  data: object;
  timestamp: string;
}

type Named<T extends string> = Extract<CeceliaEvent, { event: T }>;

export const fromCecelia = (message: CeceliaMessage): AnyEvent => message;
export const taskOfCecelia = (message: CeceliaMessage): TaskCreatedEvent => ({ ...message, event: 'task:created' });
export const toCecelia = (message: WebSocketMessage): CeceliaMessage => message;
export const fromTaskTree = (message: TaskTreeMessage): AnyTaskTreeEvent => ({ ...message, data: { ...message.data } });
export const toTaskTree = (message: WebSocketMessage): TaskTreeMessage => message;
export const toWorkflow = (message: Named<WSEventType>): WSMessage => message;
export const fromWorkflow = (command: WSCommand<Record<string, unknown>>): ClientCommand => command;
export const pingOfExecution: ClientMessage = { type: 'ping' };

/** Every event name of Workflow is in the contracts. */
export const workflowNames: Record<WSEventType, CeceliaEvent['event']> = {
  token_stream: 'token_stream',
  node_state_change: 'node_state_change',
  'node:parallel_start': 'node:parallel_start',
  token_usage: 'token_usage',
  'execution:paused': 'execution:paused',
  'execution:completed': 'execution:completed',
  error: 'error',
};

export const workflowCommands: Record<WSCommandType, true> = {
  start_session: true,
  pause_session: true,
  resume_session: true,
  user_input: true,
};

export function narrows(message: CeceliaEvent | RelayMessage): string | number | null | undefined {
  switch (message.event) {
    case 'task:progress':
      return message.data.progress satisfies number | null | undefined;
    case 'executor:status':
      return message.data.activeCount;
    case 'relay:gap':
      return message.data.cause satisfies 'redis_lost' | 'slow_client' | 'restart' | 'evicted' | 'publisher_gap' | 'publisher_restarted';
    case 'relay:snapshot':
      return message.data.tasks?.[0]?.id;
    case 'relay:bye':
      // @ts-expect-error -- a member of other messages
      return String(message.data.cause);
    default:
      return undefined;
  }
}

export function narrowsBoard(message: TaskTreeEvent): string | null | undefined {
  return message.type === 'task_created' ? message.data.title : undefined;
}

export function narrowsExecution(message: ExecutionMessage): string {
  switch (message.type) {
    case 'status':
      return message.status satisfies 'pending' | 'running' | 'completed' | 'failed';
    case 'error':
      return message.message ?? '';
    case 'node':
      return String(message.node_id);
    case 'log':
      return message.data.message ?? '';
    case 'pong':
      return '';
  }
}
