/**
 * Checked by the compiler alone, and part of no page: what the seeds' own types say still fits what is written from the contracts, and a switch over a
 * message's name narrows its data.
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

/** System A, seed 000. */
interface WebSocketMessage {
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

/** System B, seed 001. */
interface TaskTreeMessage {
  type: string;
  project_id?: string;
  data: object;
  timestamp: string;
}

/** System D, seed 004. */
type WSEventType =
  'token_stream' | 'node_state_change' | 'node:parallel_start' | 'token_usage' | 'execution:paused' | 'execution:completed' | 'error';
interface WSMessage<T = unknown> {
  event: WSEventType;
  data: T;
  timestamp?: string;
  node_id?: string;
}
interface WSCommand<T = unknown> {
  cmd: 'start_session' | 'pause_session' | 'resume_session' | 'user_input';
  data?: T;
}

type Named<T extends string> = Extract<CeceliaEvent, { event: T }>;

export const ofSystemA = (message: WebSocketMessage): AnyEvent => message;
export const taskOfSystemA = (message: WebSocketMessage): TaskCreatedEvent => ({ ...message, event: 'task:created' });
export const ofSystemB = (message: TaskTreeMessage): AnyTaskTreeEvent => ({ ...message, data: { ...message.data } });
export const toSystemD = (message: Named<WSEventType>): WSMessage => message;
export const fromSystemD = (command: WSCommand<Record<string, unknown>>): ClientCommand => command;
export const pingOfSystemC: ClientMessage = { type: 'ping' };

/** Every name of System D is one of ours. */
export const namesOfSystemD: Record<WSEventType, CeceliaEvent['event']> = {
  token_stream: 'token_stream',
  node_state_change: 'node_state_change',
  'node:parallel_start': 'node:parallel_start',
  token_usage: 'token_usage',
  'execution:paused': 'execution:paused',
  'execution:completed': 'execution:completed',
  error: 'error',
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
      // @ts-expect-error -- what other messages have, this one has not
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
