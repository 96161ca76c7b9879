/**
 * WebSocket messages under the names of the systems that the relay replaces. `messages.ts` has every message of the relay, generated from the contracts;
 * `messages.check.ts` checks that both are compatible.
 */

/** A message as Cecelia (`event`) and TaskTree (`type`) declare it. `WebSocketService` sets both, to the same name. */
export interface WebSocketMessage {
  event: string;
  type: string;
  project_id?: string;
  data: WebSocketMessageData;
  timestamp: string;
}

/** The data of a message: the members that Cecelia declares, and any other member of the publisher. */
export interface WebSocketMessageData {
  taskId?: string;
  runId?: string;
  status?: 'queued' | 'running' | 'completed' | 'failed';
  /** 0 to 100. */
  progress?: number;
  activeCount?: number;
  availableSlots?: number;
  [member: string]: unknown;
}

/** An event of Workflow, from the server to the client. */
export type WSEventType =
  'token_stream' | 'node_state_change' | 'node:parallel_start' | 'token_usage' | 'execution:paused' | 'execution:completed' | 'error';

export interface WSMessage<T = unknown> {
  event: WSEventType;
  data: T;
  timestamp?: string;
  node_id?: string;
}

/** A command of Workflow, from the client to the server. */
export type WSCommandType = 'start_session' | 'pause_session' | 'resume_session' | 'user_input';

export interface WSCommand<T = unknown> {
  cmd: WSCommandType;
  data?: T;
}
