// Written by `make contracts` from Relay/Contracts, by way of Relay/asyncapi.json. Not to be edited.

export type Message =
  | CeceliaEvent
  | AnyEvent
  | TaskTreeEvent
  | AnyTaskTreeEvent
  | RelayMessage
  | AnyRelayMessage
  | ExecutionMessage
  | PlainResponse
  | ClientMessage
  | StateResponse
  | HistoryResponse
  | MinutesResponse
  | TraceResponse
  | ConnectionsResponse
  | ClosedResponse
  | Refusal;
/**
 * An event with a known name, in the Cecelia and Workflow formats.
 */
export type CeceliaEvent =
  | TaskCreatedEvent
  | TaskStartedEvent
  | TaskProgressEvent
  | TaskCompletedEvent
  | TaskFailedEvent
  | ExecutorStatusEvent
  | BoardTaskCreatedEvent
  | BoardTaskUpdatedEvent
  | BoardTaskDeletedEvent
  | BoardTaskStatusChangedEvent
  | BoardTasksResetEvent
  | AgentSpawnedEvent
  | AgentStatusUpdateEvent
  | AgentMessagesEvent
  | CoordinationUpdateEvent
  | FileLocksUpdateEvent
  | PlanGeneratedEvent
  | LogEvent
  | NotificationEvent
  | ExecutionStatusEvent
  | ExecutionErrorEvent
  | TokenStreamEvent
  | NodeStateChangeEvent
  | NodeParallelStartEvent
  | TokenUsageEvent
  | ExecutionPausedEvent
  | ExecutionCompletedEvent;
/**
 * A task was created and is waiting to run.
 */
export type TaskCreatedEvent = EventEnvelope & {
  event: 'task:created';
  data: TaskData;
};
/**
 * A timestamp as in RFC 3339, such as 2026-02-06T08:30:00.000Z. A space is accepted instead of the T, and a timestamp without a zone is UTC.
 */
export type Timestamp = string;
/**
 * An id: text of at most 256 bytes of UTF-8, or an integer.
 */
export type Id = string | number;
/**
 * A whole number from 0 to 2^63 - 1.
 */
export type Count = number;
/**
 * A position in the stream of all events (PROTOCOL.md, Positions). Opaque; a client passes it back as since.
 */
export type Position = string;
/**
 * A task started to run.
 */
export type TaskStartedEvent = EventEnvelope & {
  event: 'task:started';
  data: TaskData;
};
/**
 * A task made progress.
 */
export type TaskProgressEvent = EventEnvelope & {
  event: 'task:progress';
  data: TaskData;
};
/**
 * A task completed.
 */
export type TaskCompletedEvent = EventEnvelope & {
  event: 'task:completed';
  data: TaskData;
};
/**
 * A task failed.
 */
export type TaskFailedEvent = EventEnvelope & {
  event: 'task:failed';
  data: TaskData;
};
/**
 * The number of free slots of the executor changed.
 */
export type ExecutorStatusEvent = EventEnvelope & {
  event: 'executor:status';
  data: ExecutorData;
};
/**
 * A task was created on a board.
 */
export type BoardTaskCreatedEvent = EventEnvelope & {
  event: 'task_created';
  data: BoardTaskData;
};
/**
 * A task on a board changed.
 */
export type BoardTaskUpdatedEvent = EventEnvelope & {
  event: 'task_updated';
  data: BoardTaskData;
};
/**
 * A task was deleted from a board.
 */
export type BoardTaskDeletedEvent = EventEnvelope & {
  event: 'task_deleted';
  data: BoardTaskDeletedData;
};
/**
 * The status of a task on a board changed.
 */
export type BoardTaskStatusChangedEvent = EventEnvelope & {
  event: 'task_status_changed';
  data: BoardTaskData;
};
/**
 * All tasks of a board were removed.
 */
export type BoardTasksResetEvent = EventEnvelope & {
  event: 'tasks_reset';
  data: BoardResetData;
};
/**
 * An agent was started.
 */
export type AgentSpawnedEvent = EventEnvelope & {
  event: 'agent_spawned';
  data: AgentData;
};
/**
 * The status of an agent changed.
 */
export type AgentStatusUpdateEvent = EventEnvelope & {
  event: 'agent_status_update';
  data: AgentData;
};
/**
 * An agent sent a message.
 */
export type AgentMessagesEvent = EventEnvelope & {
  event: 'agent_messages';
  data: AgentMessageData;
};
/**
 * The coordination of the agents changed.
 */
export type CoordinationUpdateEvent = EventEnvelope & {
  event: 'coordination_update';
  data: CoordinationData;
};
/**
 * Files were locked or unlocked.
 */
export type FileLocksUpdateEvent = EventEnvelope & {
  event: 'file_locks_update';
  data: FileLocksData;
};
/**
 * A plan was generated for a project.
 */
export type PlanGeneratedEvent = EventEnvelope & {
  event: 'plan_generated';
  data: PlanData;
};
/**
 * A line was written to a log.
 */
export type LogEvent = EventEnvelope & {
  event: 'log';
  data: LogData;
};
/**
 * A notification for users.
 */
export type NotificationEvent = EventEnvelope & {
  event: 'notification';
  data: NotificationData;
};
/**
 * The status of an execution changed. Without data, the fields are in the envelope.
 */
export type ExecutionStatusEvent = EventEnvelope & {
  event: 'status';
  data: ExecutionStatusData;
};
/**
 * An error. Without data, the fields are in the envelope.
 */
export type ExecutionErrorEvent = EventEnvelope & {
  event: 'error';
  data: ErrorData;
};
/**
 * A node produced more text.
 */
export type TokenStreamEvent = EventEnvelope & {
  event: 'token_stream';
  data: TokenStreamData;
};
/**
 * The state of a node changed.
 */
export type NodeStateChangeEvent = EventEnvelope & {
  event: 'node_state_change';
  data: NodeStateData;
};
/**
 * Several nodes were started in parallel.
 */
export type NodeParallelStartEvent = EventEnvelope & {
  event: 'node:parallel_start';
  data: ParallelStartData;
};
/**
 * Workflow nodes: ids, or objects with the id as node_id, nodeId or id.
 */
export type NodeList = (
  | string
  | number
  | {
      [k: string]: unknown;
    }
)[];
/**
 * Token usage was reported.
 */
export type TokenUsageEvent = EventEnvelope & {
  event: 'token_usage';
  data: TokenUsageData;
};
/**
 * An execution was paused.
 */
export type ExecutionPausedEvent = EventEnvelope & {
  event: 'execution:paused';
  data: ExecutionStepData;
};
/**
 * An execution completed.
 */
export type ExecutionCompletedEvent = EventEnvelope & {
  event: 'execution:completed';
  data: ExecutionStepData;
};
/**
 * Any event in the Cecelia and Workflow formats.
 */
export type AnyEvent = EventEnvelope & {
  event: CommandName;
  data: OpenObject;
};
/**
 * A command's name: 1 to 128 bytes of UTF-8 without control characters.
 */
export type CommandName = string;
/**
 * An event with a known name, in the TaskTree format.
 */
export type TaskTreeEvent =
  | TaskTreeTaskCreatedEvent
  | TaskTreeTaskStartedEvent
  | TaskTreeTaskProgressEvent
  | TaskTreeTaskCompletedEvent
  | TaskTreeTaskFailedEvent
  | TaskTreeExecutorStatusEvent
  | TaskTreeBoardTaskCreatedEvent
  | TaskTreeBoardTaskUpdatedEvent
  | TaskTreeBoardTaskDeletedEvent
  | TaskTreeBoardTaskStatusChangedEvent
  | TaskTreeBoardTasksResetEvent
  | TaskTreeAgentSpawnedEvent
  | TaskTreeAgentStatusUpdateEvent
  | TaskTreeAgentMessagesEvent
  | TaskTreeCoordinationUpdateEvent
  | TaskTreeFileLocksUpdateEvent
  | TaskTreePlanGeneratedEvent
  | TaskTreeLogEvent
  | TaskTreeNotificationEvent
  | TaskTreeExecutionStatusEvent
  | TaskTreeExecutionErrorEvent
  | TaskTreeTokenStreamEvent
  | TaskTreeNodeStateChangeEvent
  | TaskTreeNodeParallelStartEvent
  | TaskTreeTokenUsageEvent
  | TaskTreeExecutionPausedEvent
  | TaskTreeExecutionCompletedEvent;
/**
 * A task was created and is waiting to run.
 */
export type TaskTreeTaskCreatedEvent = TaskTreeEnvelope & {
  type: 'task:created';
  data: TaskData;
};
/**
 * A task started to run.
 */
export type TaskTreeTaskStartedEvent = TaskTreeEnvelope & {
  type: 'task:started';
  data: TaskData;
};
/**
 * A task made progress.
 */
export type TaskTreeTaskProgressEvent = TaskTreeEnvelope & {
  type: 'task:progress';
  data: TaskData;
};
/**
 * A task completed.
 */
export type TaskTreeTaskCompletedEvent = TaskTreeEnvelope & {
  type: 'task:completed';
  data: TaskData;
};
/**
 * A task failed.
 */
export type TaskTreeTaskFailedEvent = TaskTreeEnvelope & {
  type: 'task:failed';
  data: TaskData;
};
/**
 * The number of free slots of the executor changed.
 */
export type TaskTreeExecutorStatusEvent = TaskTreeEnvelope & {
  type: 'executor:status';
  data: ExecutorData;
};
/**
 * A task was created on a board.
 */
export type TaskTreeBoardTaskCreatedEvent = TaskTreeEnvelope & {
  type: 'task_created';
  data: BoardTaskData;
};
/**
 * A task on a board changed.
 */
export type TaskTreeBoardTaskUpdatedEvent = TaskTreeEnvelope & {
  type: 'task_updated';
  data: BoardTaskData;
};
/**
 * A task was deleted from a board.
 */
export type TaskTreeBoardTaskDeletedEvent = TaskTreeEnvelope & {
  type: 'task_deleted';
  data: BoardTaskDeletedData;
};
/**
 * The status of a task on a board changed.
 */
export type TaskTreeBoardTaskStatusChangedEvent = TaskTreeEnvelope & {
  type: 'task_status_changed';
  data: BoardTaskData;
};
/**
 * All tasks of a board were removed.
 */
export type TaskTreeBoardTasksResetEvent = TaskTreeEnvelope & {
  type: 'tasks_reset';
  data: BoardResetData;
};
/**
 * An agent was started.
 */
export type TaskTreeAgentSpawnedEvent = TaskTreeEnvelope & {
  type: 'agent_spawned';
  data: AgentData;
};
/**
 * The status of an agent changed.
 */
export type TaskTreeAgentStatusUpdateEvent = TaskTreeEnvelope & {
  type: 'agent_status_update';
  data: AgentData;
};
/**
 * An agent sent a message.
 */
export type TaskTreeAgentMessagesEvent = TaskTreeEnvelope & {
  type: 'agent_messages';
  data: AgentMessageData;
};
/**
 * The coordination of the agents changed.
 */
export type TaskTreeCoordinationUpdateEvent = TaskTreeEnvelope & {
  type: 'coordination_update';
  data: CoordinationData;
};
/**
 * Files were locked or unlocked.
 */
export type TaskTreeFileLocksUpdateEvent = TaskTreeEnvelope & {
  type: 'file_locks_update';
  data: FileLocksData;
};
/**
 * A plan was generated for a project.
 */
export type TaskTreePlanGeneratedEvent = TaskTreeEnvelope & {
  type: 'plan_generated';
  data: PlanData;
};
/**
 * A line was written to a log.
 */
export type TaskTreeLogEvent = TaskTreeEnvelope & {
  type: 'log';
  data: LogData;
};
/**
 * A notification for users.
 */
export type TaskTreeNotificationEvent = TaskTreeEnvelope & {
  type: 'notification';
  data: NotificationData;
};
/**
 * The status of an execution changed. Without data, the fields are in the envelope.
 */
export type TaskTreeExecutionStatusEvent = TaskTreeEnvelope & {
  type: 'status';
  data: ExecutionStatusData;
};
/**
 * An error. Without data, the fields are in the envelope.
 */
export type TaskTreeExecutionErrorEvent = TaskTreeEnvelope & {
  type: 'error';
  data: ErrorData;
};
/**
 * A node produced more text.
 */
export type TaskTreeTokenStreamEvent = TaskTreeEnvelope & {
  type: 'token_stream';
  data: TokenStreamData;
};
/**
 * The state of a node changed.
 */
export type TaskTreeNodeStateChangeEvent = TaskTreeEnvelope & {
  type: 'node_state_change';
  data: NodeStateData;
};
/**
 * Several nodes were started in parallel.
 */
export type TaskTreeNodeParallelStartEvent = TaskTreeEnvelope & {
  type: 'node:parallel_start';
  data: ParallelStartData;
};
/**
 * Token usage was reported.
 */
export type TaskTreeTokenUsageEvent = TaskTreeEnvelope & {
  type: 'token_usage';
  data: TokenUsageData;
};
/**
 * An execution was paused.
 */
export type TaskTreeExecutionPausedEvent = TaskTreeEnvelope & {
  type: 'execution:paused';
  data: ExecutionStepData;
};
/**
 * An execution completed.
 */
export type TaskTreeExecutionCompletedEvent = TaskTreeEnvelope & {
  type: 'execution:completed';
  data: ExecutionStepData;
};
/**
 * Any event in the TaskTree format.
 */
export type AnyTaskTreeEvent = TaskTreeEnvelope & {
  type: CommandName;
  data: OpenObject;
};
/**
 * The relay's own messages in the subprotocol.
 */
export type RelayMessage = RelayHello | RelaySnapshot | RelayGap | RelayLink | RelayPing | RelayAck | RelayError | RelayToken | RelayBye;
/**
 * The first message of a connection, and the response to the client's hello.
 */
export type RelayHello = RelayEnvelope & {
  event: 'relay:hello';
  data: HelloData;
};
/**
 * A part of the current state, which replaces the client's copy. Empty sections are left out, and a section may continue in the next part.
 */
export type RelaySnapshot = RelayEnvelope & {
  event: 'relay:snapshot';
  data: SnapshotData;
};
/**
 * An event's name: 1 to 128 bytes of UTF-8 without control characters. Names that begin with relay: are reserved for the relay.
 */
export type EventName = string;
/**
 * Events may be missing at this point.
 */
export type RelayGap = RelayEnvelope & {
  event: 'relay:gap';
  data: GapData;
};
/**
 * The status of the link to Redis.
 */
export type RelayLink = RelayEnvelope & {
  event: 'relay:link';
  data: LinkData;
};
/**
 * A ping. Its id is the current position in the stream.
 */
export type RelayPing = RelayEnvelope & {
  event: 'relay:ping';
  data: PingData;
};
/**
 * The client's command was published.
 */
export type RelayAck = RelayEnvelope & {
  event: 'relay:ack';
  data: AckData;
};
/**
 * The client's message was rejected.
 */
export type RelayError = RelayEnvelope & {
  event: 'relay:error';
  data: RelayErrorData;
};
/**
 * Reason why a client's message was rejected, or unknown_execution.
 */
export type ErrorReason =
  | 'bad_command'
  | 'command_not_allowed'
  | 'command_too_large'
  | 'commands_disabled'
  | 'commands_full'
  | 'keys_unavailable'
  | 'no_receiver'
  | 'not_an_object'
  | 'not_json'
  | 'redis_unavailable'
  | 'role_required'
  | 'token_audience'
  | 'token_busy'
  | 'token_claims'
  | 'token_expired'
  | 'token_issuer'
  | 'token_key'
  | 'token_malformed'
  | 'token_not_yet_valid'
  | 'token_signature'
  | 'token_user'
  | 'too_deep'
  | 'too_many_commands'
  | 'unknown_execution'
  | 'unknown_message';
/**
 * The client's token expires soon, or the one that it sent is in use. Only with access control.
 */
export type RelayToken = RelayEnvelope & {
  event: 'relay:token';
  data: TokenData;
};
/**
 * The relay is about to close the connection.
 */
export type RelayBye = RelayEnvelope & {
  event: 'relay:bye';
  data: ByeData;
};
/**
 * Any of the relay's own messages. Clients must ignore unknown names.
 */
export type AnyRelayMessage = RelayEnvelope & {
  event: CommandName;
  data: OpenObject;
};
/**
 * A message in the Execution format.
 */
export type ExecutionMessage = ExecutionStatusMessage | ErrorMessage | ExecutionNodeMessage | ExecutionLogMessage | Pong;
/**
 * The relay's response to a client of /ws without the subprotocol whose message has cmd, or neither cmd nor type.
 */
export type PlainResponse = PlainPong | PlainError;
/**
 * The response to a ping, for a client that reads event.
 */
export type PlainPong = RelayEnvelope & {
  event: 'pong';
  data: PongData;
};
/**
 * The client's message was rejected. For clients that read event; the data is that of the Workflow format's error event.
 */
export type PlainError = RelayEnvelope & {
  event: 'error';
  data: PlainErrorData;
};
/**
 * A message from a client.
 */
export type ClientMessage = ClientPing | ClientPingCommand | ClientHello | ClientToken | ClientCommand | ClientBoardCommand;
/**
 * A non-empty id: text of 1 to 256 bytes of UTF-8, or an integer.
 */
export type NonEmptyId = string | number;
/**
 * An event of the history: as in the subprotocol, with the time of its acceptance.
 */
export type PastEvent = (CeceliaEvent | AnyEvent) & {
  /**
   * Time at which the relay accepted the event.
   */
  received: Timestamp;
};
/**
 * The highest number of slots in use, the number in use at the end, and all slots at the end.
 *
 * @minItems 3
 * @maxItems 3
 */
export type MinuteSlots = [number, number, number];
/**
 * The values of a minute: the numbers of tasks created, ended, completed and failed, then the histograms of run time, queue time and lag. A histogram has up to 16 buckets; those at its end that are empty are left out.
 *
 * @minItems 7
 * @maxItems 7
 */
export type MinuteRow = [number | number[], number | number[], number | number[], number | number[], number | number[], number | number[], number | number[]];
/**
 * Reason for the refusal of a request.
 */
export type RefusalCode =
  | 'bad_base'
  | 'bad_filter'
  | 'bad_key'
  | 'bad_limit'
  | 'bad_minutes'
  | 'bad_position'
  | 'bad_trace_key'
  | 'bad_user'
  | 'body_not_allowed'
  | 'client_not_built'
  | 'disabled'
  | 'host_not_allowed'
  | 'keys_unavailable'
  | 'method_not_allowed'
  | 'not_an_upgrade'
  | 'not_found'
  | 'origin_not_allowed'
  | 'overloaded'
  | 'position_ambiguous'
  | 'position_unknown'
  | 'role_required'
  | 'shutting_down'
  | 'ticket_unknown'
  | 'tickets_unavailable'
  | 'token_audience'
  | 'token_claims'
  | 'token_expired'
  | 'token_issuer'
  | 'token_key'
  | 'token_malformed'
  | 'token_missing'
  | 'token_not_yet_valid'
  | 'token_signature'
  | 'too_many_connections'
  | 'too_many_from_address'
  | 'too_many_requests'
  | 'two_tokens'
  | 'unknown_execution'
  | 'unknown_task'
  | 'wrong_version';

/**
 * The envelope of an event in the Cecelia and Workflow formats.
 */
export interface EventEnvelope {
  /**
   * Time of the event, as the publisher wrote it, or the time at which the relay received it.
   */
  timestamp: Timestamp;
  /**
   * The project that the event belongs to. In the subprotocol: as parsed by the relay from the envelope or the data, as text. Otherwise: the envelope's value, unchanged.
   */
  project_id?: Id;
  /**
   * The workflow node that the event belongs to. In the subprotocol: as parsed by the relay from the envelope or the data. Otherwise: the envelope's value.
   */
  node_id?: string;
  /**
   * The execution that the event belongs to, as parsed by the relay. Subprotocol only.
   */
  execution_id?: string;
  /**
   * The task that the event belongs to, as parsed by the relay. Subprotocol only.
   */
  task_id?: string;
  /**
   * The agent that the event belongs to, as parsed by the relay. Subprotocol only.
   */
  agent_id?: string;
  /**
   * The nodes that a node:parallel_start starts, as parsed by the relay. Subprotocol only.
   */
  node_ids?: string[];
  /**
   * True if the publisher gave no timestamp, so that the timestamp is the relay's. Subprotocol only.
   */
  undated?: boolean;
  /**
   * The publisher, if given. Subprotocol only.
   */
  source?: string;
  /**
   * The publisher's sequence number of the event, if any. Subprotocol only.
   */
  seq?: Count;
  /**
   * The publisher's traceparent (W3C Trace Context), if it gave a valid one. Subprotocol only.
   */
  traceparent?: string;
  /**
   * The id of the command that the event replies to. A reply has no position.
   */
  reply_to?: string;
  /**
   * The position after this event. Subprotocol only.
   */
  id?: Position;
}
/**
 * A task as reported in the Cecelia format.
 */
export interface TaskData {
  /**
   * The task; used by the task filter.
   */
  taskId?: string | null;
  /**
   * Alternative spelling of taskId.
   */
  task_id?: string | null;
  /**
   * The run of the task. A task that is retried has several runs.
   */
  runId?: string | null;
  /**
   * Current status of the task.
   */
  status?: 'queued' | 'running' | 'completed' | 'failed' | null;
  /**
   * Progress in percent.
   */
  progress?: number | null;
  /**
   * Title of the task.
   */
  title?: string | null;
  /**
   * Reason of the failure, as text.
   */
  error?: string | null;
  /**
   * The project that the event belongs to, if the envelope names none.
   */
  project_id?: Id | null;
  /**
   * Alternative spelling of project_id.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, if the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * Alternative spelling of execution_id.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * The state of the executor in the Cecelia format.
 */
export interface ExecutorData {
  /**
   * Number of running tasks.
   */
  activeCount?: Count | null;
  /**
   * Number of further tasks that it could run.
   */
  availableSlots?: Count | null;
  /**
   * The task that the event belongs to; used by the task filter.
   */
  taskId?: Id | null;
  /**
   * Alternative spelling of taskId.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, if the envelope names none.
   */
  project_id?: Id | null;
  /**
   * Alternative spelling of project_id.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, if the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * Alternative spelling of execution_id.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * A task on a project board of the TaskTree format.
 */
export interface BoardTaskData {
  /**
   * The task, if there is no taskId.
   */
  id?: Id | null;
  /**
   * Title of the task.
   */
  title?: string | null;
  /**
   * Description of the work.
   */
  description?: string | null;
  /**
   * The task's status as given by the board.
   */
  status?: string | null;
  /**
   * Progress in percent.
   */
  progress?: number | null;
  /**
   * The agent assigned to the task.
   */
  agent_id?: Id | null;
  /**
   * The task that the event belongs to; used by the task filter.
   */
  taskId?: Id | null;
  /**
   * Alternative spelling of taskId.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, if the envelope names none.
   */
  project_id?: Id | null;
  /**
   * Alternative spelling of project_id.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, if the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * Alternative spelling of execution_id.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * A task was removed from its board.
 */
export interface BoardTaskDeletedData {
  /**
   * The task, if there is no taskId.
   */
  id?: Id | null;
  /**
   * The task that the event belongs to; used by the task filter.
   */
  taskId?: Id | null;
  /**
   * Alternative spelling of taskId.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, if the envelope names none.
   */
  project_id?: Id | null;
  /**
   * Alternative spelling of project_id.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, if the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * Alternative spelling of execution_id.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * All tasks of the event's project were removed, or all tasks if it names no project.
 */
export interface BoardResetData {
  /**
   * The task that the event belongs to; used by the task filter.
   */
  taskId?: Id | null;
  /**
   * Alternative spelling of taskId.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, if the envelope names none.
   */
  project_id?: Id | null;
  /**
   * Alternative spelling of project_id.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, if the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * Alternative spelling of execution_id.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * An agent in the TaskTree format.
 */
export interface AgentData {
  /**
   * The agent.
   */
  agent_id?: Id | null;
  /**
   * Alternative spelling of agent_id.
   */
  agentId?: Id | null;
  /**
   * The agent, if neither of these is present.
   */
  id?: Id | null;
  /**
   * Display name of the agent.
   */
  name?: string | null;
  /**
   * The agent's status as given by the board.
   */
  status?: string | null;
  /**
   * The task that the event belongs to; used by the task filter.
   */
  taskId?: Id | null;
  /**
   * Alternative spelling of taskId.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, if the envelope names none.
   */
  project_id?: Id | null;
  /**
   * Alternative spelling of project_id.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, if the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * Alternative spelling of execution_id.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * A message from one agent to another.
 */
export interface AgentMessageData {
  /**
   * The agent whose messages these are.
   */
  agent_id?: Id | null;
  /**
   * Alternative spelling of agent_id.
   */
  agentId?: Id | null;
  /**
   * The message's own id.
   */
  id?: Id | null;
  /**
   * The agent that sent it.
   */
  from?: Id | null;
  /**
   * The agent that it is addressed to.
   */
  to?: Id | null;
  /**
   * The message.
   */
  content?: {
    [k: string]: unknown;
  };
  /**
   * The task that the event belongs to; used by the task filter.
   */
  taskId?: Id | null;
  /**
   * Alternative spelling of taskId.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, if the envelope names none.
   */
  project_id?: Id | null;
  /**
   * Alternative spelling of project_id.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, if the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * Alternative spelling of execution_id.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * The coordination of a project's agents, in a format defined by Brain.
 */
export interface CoordinationData {
  /**
   * Description of the change.
   */
  message?: string | null;
  /**
   * The task that the event belongs to; used by the task filter.
   */
  taskId?: Id | null;
  /**
   * Alternative spelling of taskId.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, if the envelope names none.
   */
  project_id?: Id | null;
  /**
   * Alternative spelling of project_id.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, if the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * Alternative spelling of execution_id.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * The locked files of a project and the holders of the locks.
 */
export interface FileLocksData {
  /**
   * The locks, in a format defined by Brain.
   */
  locks?: {
    [k: string]: unknown;
  };
  /**
   * The task that the event belongs to; used by the task filter.
   */
  taskId?: Id | null;
  /**
   * Alternative spelling of taskId.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, if the envelope names none.
   */
  project_id?: Id | null;
  /**
   * Alternative spelling of project_id.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, if the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * Alternative spelling of execution_id.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * A plan for a project.
 */
export interface PlanData {
  /**
   * The plan, in a format defined by Brain.
   */
  plan?: {
    [k: string]: unknown;
  };
  /**
   * The task that the event belongs to; used by the task filter.
   */
  taskId?: Id | null;
  /**
   * Alternative spelling of taskId.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, if the envelope names none.
   */
  project_id?: Id | null;
  /**
   * Alternative spelling of project_id.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, if the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * Alternative spelling of execution_id.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * A line of a log.
 */
export interface LogData {
  /**
   * Severity, such as info, warning or error.
   */
  level?: string | null;
  /**
   * The line.
   */
  message?: string | null;
  /**
   * The workflow node that it comes from, if the envelope names none.
   */
  node_id?: string | null;
  /**
   * The task that the event belongs to; used by the task filter.
   */
  taskId?: Id | null;
  /**
   * Alternative spelling of taskId.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, if the envelope names none.
   */
  project_id?: Id | null;
  /**
   * Alternative spelling of project_id.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, if the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * Alternative spelling of execution_id.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * A notification for users.
 */
export interface NotificationData {
  /**
   * Severity, such as info, warning or error.
   */
  level?: string | null;
  /**
   * Subject.
   */
  title?: string | null;
  /**
   * Message text.
   */
  message?: string | null;
  /**
   * The task that the event belongs to; used by the task filter.
   */
  taskId?: Id | null;
  /**
   * Alternative spelling of taskId.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, if the envelope names none.
   */
  project_id?: Id | null;
  /**
   * Alternative spelling of project_id.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, if the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * Alternative spelling of execution_id.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * The status of an execution in the Execution format.
 */
export interface ExecutionStatusData {
  /**
   * Current status.
   */
  status?: 'pending' | 'running' | 'completed' | 'failed' | null;
  /**
   * Progress in percent.
   */
  progress?: number | null;
  /**
   * Description of the current activity.
   */
  message?: string | null;
  /**
   * Result.
   */
  result?: {
    [k: string]: unknown;
  };
  /**
   * Reason for the failure.
   */
  error?: {
    [k: string]: unknown;
  };
  /**
   * Duration in the publisher's unit; the Execution format uses seconds.
   */
  execution_time?: number | null;
  /**
   * The task that the event belongs to; used by the task filter.
   */
  taskId?: Id | null;
  /**
   * Alternative spelling of taskId.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, if the envelope names none.
   */
  project_id?: Id | null;
  /**
   * Alternative spelling of project_id.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, if the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * Alternative spelling of execution_id.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * An error in an execution or in one of its nodes.
 */
export interface ErrorData {
  /**
   * Error message (Workflow format).
   */
  error?: {
    [k: string]: unknown;
  };
  /**
   * Error message (Execution format).
   */
  message?: string | null;
  /**
   * The workflow node that failed, if the envelope names none.
   */
  node_id?: Id | null;
  /**
   * Alternative spelling of node_id.
   */
  nodeId?: Id | null;
  /**
   * The task that the event belongs to; used by the task filter.
   */
  taskId?: Id | null;
  /**
   * Alternative spelling of taskId.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, if the envelope names none.
   */
  project_id?: Id | null;
  /**
   * Alternative spelling of project_id.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, if the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * Alternative spelling of execution_id.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * The next piece of a node's streamed text, under one of five names; the first one present is used.
 */
export interface TokenStreamData {
  /**
   * The piece.
   */
  token?: string | null;
  /**
   * The piece, if none of the names before this one is present.
   */
  content?: string | null;
  /**
   * The piece, if none of the names before this one is present.
   */
  chunk?: string | null;
  /**
   * The piece, if none of the names before this one is present.
   */
  text?: string | null;
  /**
   * The piece, if none of the names before this one is present.
   */
  delta?: string | null;
  /**
   * Set only by the relay, for a client that fell behind: the number of events whose text is merged in this one.
   */
  merged?: Count | null;
  /**
   * Set only by the relay, together with merged: the beginning of the text was discarded.
   */
  truncated?: boolean | null;
  /**
   * The workflow node, if the envelope names none.
   */
  node_id?: Id | null;
  /**
   * Alternative spelling of node_id.
   */
  nodeId?: Id | null;
  /**
   * The task that the event belongs to; used by the task filter.
   */
  taskId?: Id | null;
  /**
   * Alternative spelling of taskId.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, if the envelope names none.
   */
  project_id?: Id | null;
  /**
   * Alternative spelling of project_id.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, if the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * Alternative spelling of execution_id.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * The state of a node changed.
 */
export interface NodeStateData {
  /**
   * The node's status as given by the publisher.
   */
  status?: string | null;
  /**
   * The status, if there is no status field.
   */
  state?: string | null;
  /**
   * The workflow node, if the envelope names none.
   */
  node_id?: Id | null;
  /**
   * Alternative spelling of node_id.
   */
  nodeId?: Id | null;
  /**
   * The task that the event belongs to; used by the task filter.
   */
  taskId?: Id | null;
  /**
   * Alternative spelling of taskId.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, if the envelope names none.
   */
  project_id?: Id | null;
  /**
   * Alternative spelling of project_id.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, if the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * Alternative spelling of execution_id.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * Several nodes were started in parallel, in addition to the node of the event itself.
 */
export interface ParallelStartData {
  /**
   * Nodes that were started.
   */
  node_ids?: NodeList | null;
  /**
   * Nodes that were started.
   */
  nodes?: NodeList | null;
  /**
   * Nodes that were started.
   */
  branches?: NodeList | null;
  /**
   * The workflow node, if the envelope names none.
   */
  node_id?: Id | null;
  /**
   * Alternative spelling of node_id.
   */
  nodeId?: Id | null;
  /**
   * The task that the event belongs to; used by the task filter.
   */
  taskId?: Id | null;
  /**
   * Alternative spelling of taskId.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, if the envelope names none.
   */
  project_id?: Id | null;
  /**
   * Alternative spelling of project_id.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, if the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * Alternative spelling of execution_id.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * Tokens used by a node, or by a whole execution if no node is named.
 */
export interface TokenUsageData {
  /**
   * Number of input tokens.
   */
  prompt_tokens?: number | null;
  /**
   * Number of output tokens.
   */
  completion_tokens?: number | null;
  /**
   * Total number of tokens.
   */
  total_tokens?: number | null;
  /**
   * The workflow node, if the envelope names none.
   */
  node_id?: Id | null;
  /**
   * Alternative spelling of node_id.
   */
  nodeId?: Id | null;
  /**
   * The task that the event belongs to; used by the task filter.
   */
  taskId?: Id | null;
  /**
   * Alternative spelling of taskId.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, if the envelope names none.
   */
  project_id?: Id | null;
  /**
   * Alternative spelling of project_id.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, if the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * Alternative spelling of execution_id.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * The status of an execution in the Workflow format. It follows from the event's name unless status is given.
 */
export interface ExecutionStepData {
  /**
   * Its status as given by the publisher.
   */
  status?: string | null;
  /**
   * Progress in percent.
   */
  progress?: number | null;
  /**
   * Description of the current activity.
   */
  message?: string | null;
  /**
   * Result.
   */
  result?: {
    [k: string]: unknown;
  };
  /**
   * Reason for the failure.
   */
  error?: {
    [k: string]: unknown;
  };
  /**
   * Duration in the publisher's unit; the Execution format uses seconds.
   */
  execution_time?: number | null;
  /**
   * The task that the event belongs to; used by the task filter.
   */
  taskId?: Id | null;
  /**
   * Alternative spelling of taskId.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, if the envelope names none.
   */
  project_id?: Id | null;
  /**
   * Alternative spelling of project_id.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, if the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * Alternative spelling of execution_id.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * An object defined by the publisher.
 */
export interface OpenObject {
  [k: string]: unknown;
}
/**
 * The envelope of an event in the TaskTree format.
 */
export interface TaskTreeEnvelope {
  /**
   * Time of the event, as the publisher wrote it, or the time at which the relay received it.
   */
  timestamp: Timestamp;
  /**
   * The project that it belongs to, from the envelope, otherwise from the data.
   */
  project_id?: Id;
  /**
   * The workflow node that it belongs to, if the publisher's envelope names one.
   */
  node_id?: string;
  /**
   * The id of the command that it replies to.
   */
  reply_to?: string;
}
/**
 * The envelope of the relay's own messages.
 */
export interface RelayEnvelope {
  /**
   * Time at which the relay wrote the message.
   */
  timestamp: Timestamp;
  /**
   * The position after this message, if the client can resume from it.
   */
  id?: Position;
}
/**
 * The first message of a connection, and the response to the client's hello.
 */
export interface HelloData {
  /**
   * The subprotocol.
   */
  protocol: 'cecelia.v1';
  /**
   * The id of this connection.
   */
  connection: string;
  /**
   * The id of this run of the relay.
   */
  instance: string;
  /**
   * The client's own position if recovered, otherwise the position of the snapshot that follows.
   */
  position: Position;
  /**
   * The client gave a position.
   */
  wasRecovering: boolean;
  /**
   * The client receives everything that it missed. If false, a snapshot follows that replaces the client's copy.
   */
  recovered: boolean;
  /**
   * Reason why a client with a position was not recovered.
   */
  reason?: 'position_unknown' | 'position_ambiguous' | 'incomplete';
  /**
   * Number of replayed messages; null unless recovered.
   */
  missed: number | null;
  /**
   * Interval between two relay:ping messages in milliseconds; 0 if there are none.
   */
  pingIntervalMs: number;
  /**
   * Time without an event after which running work is silent, in milliseconds; 0 if it never is.
   */
  silentAfterMs?: number;
  /**
   * The status of the link to Redis.
   */
  link: LinkData;
  /**
   * Limits of what the client sends.
   */
  limits: LimitsData;
  /**
   * What the client's token grants. Absent if the relay has no access control.
   */
  access?: AccessData;
  /**
   * Names of the commands that the client may send; a single * means any. Null if commands are disabled or the client reads an event stream.
   */
  commands: string[] | null;
}
/**
 * The status of the link to Redis.
 */
export interface LinkData {
  /**
   * live: all events arrive; degraded: events may be missing, or the state is not complete yet.
   */
  status: 'live' | 'degraded';
  /**
   * While degraded: the time up to which no event is missing; null if unknown.
   */
  asOf?: Timestamp | null;
  /**
   * While degraded: age of that time in milliseconds; null if unknown.
   */
  ageMs?: number | null;
  /**
   * While degraded: the reason, as text; null for clients with the role read.
   */
  reason?: string | null;
}
/**
 * Limits of what a client sends.
 */
export interface LimitsData {
  /**
   * Maximum size of a message in bytes.
   */
  messageBytes: number;
  /**
   * Maximum number of messages and control frames per second; 0 for no limit.
   */
  messagesPerSecond: number;
}
/**
 * What the client's token grants.
 */
export interface AccessData {
  /**
   * The user that the token names.
   */
  user: string;
  /**
   * The role: read, command (also commands) or admin (also the endpoints for operators).
   */
  role: 'read' | 'command' | 'admin';
  /**
   * Time at which the token expires.
   */
  expires: Timestamp;
  /**
   * Milliseconds until then; 0 if it has passed.
   */
  expiresInMs: number;
}
/**
 * A part of the current state, which replaces the client's copy. Empty sections are left out, and a section may continue in the next part.
 */
export interface SnapshotData {
  /**
   * Number of the part, starting at 1; part 1 begins a new snapshot.
   */
  part: number;
  /**
   * True for the last part.
   */
  last: boolean;
  /**
   * The current position in the stream; null if unknown.
   */
  position: Position | null;
  /**
   * Tasks.
   */
  tasks?: TaskEntity[];
  /**
   * Executors.
   */
  executor?: ExecutorEntity[];
  /**
   * Executions.
   */
  executions?: ExecutionEntity[];
  /**
   * Workflow nodes.
   */
  nodes?: NodeEntity[];
  /**
   * Agents.
   */
  agents?: AgentEntity[];
  /**
   * Projects.
   */
  projects?: ProjectEntity[];
}
/**
 * A task, in the Cecelia or TaskTree format.
 */
export interface TaskEntity {
  /**
   * Progress in percent.
   */
  progress?: number;
  /**
   * All members of the events' data, each with its latest value.
   */
  data?: TaskData | BoardTaskData;
  /**
   * The history of its status: the first step and the latest 31.
   */
  changes?: TaskChange[];
  /**
   * The id within its section; for nodes unique together with execution_id, for agents with project_id. Empty for the entity of a publisher that names none.
   */
  id: string;
  /**
   * The project that it belongs to, according to the last event.
   */
  project_id?: string;
  /**
   * The execution that it belongs to, according to the last event.
   */
  execution_id?: string;
  /**
   * The newest status.
   */
  status?: string;
  /**
   * The latest timestamp given by a publisher; with undated, the time at which the last event was received.
   */
  timestamp: Timestamp;
  /**
   * No publisher has given a timestamp.
   */
  undated?: boolean;
  /**
   * Time at which the last event was received.
   */
  received: Timestamp;
  /**
   * The publisher of the last event.
   */
  source?: string;
  /**
   * The sequence number of the last event of its source.
   */
  seq?: Count;
  /**
   * Some data exceeded a limit and was not kept.
   */
  truncated?: boolean;
  /**
   * True if it had no final status when a gap began, so that it may have changed or finished since.
   */
  uncertain?: boolean;
  /**
   * The time of the last event of a running task or execution that has been without one for CECELIA_SILENT_AFTER_SECONDS.
   */
  silent_since?: Timestamp;
}
/**
 * A change in a task's life cycle.
 */
export interface TaskChange {
  /**
   * The event's name.
   */
  event: EventName;
  /**
   * The status that the task got.
   */
  status?: string;
  /**
   * Time of the event; with undated, the time at which the relay received it.
   */
  timestamp: Timestamp;
  /**
   * True if the publisher gave no timestamp.
   */
  undated?: boolean;
  /**
   * Time at which the relay first saw it.
   */
  received: Timestamp;
  /**
   * The publisher.
   */
  source?: string;
}
/**
 * An executor in the Cecelia format, identified by its publisher's source.
 */
export interface ExecutorEntity {
  /**
   * All members of the events' data, each with its latest value.
   */
  data?: ExecutorData;
  /**
   * The id within its section; for nodes unique together with execution_id, for agents with project_id. Empty for the entity of a publisher that names none.
   */
  id: string;
  /**
   * The project that it belongs to, according to the last event.
   */
  project_id?: string;
  /**
   * The execution that it belongs to, according to the last event.
   */
  execution_id?: string;
  /**
   * The newest status.
   */
  status?: string;
  /**
   * The latest timestamp given by a publisher; with undated, the time at which the last event was received.
   */
  timestamp: Timestamp;
  /**
   * No publisher has given a timestamp.
   */
  undated?: boolean;
  /**
   * Time at which the last event was received.
   */
  received: Timestamp;
  /**
   * The publisher of the last event.
   */
  source?: string;
  /**
   * The sequence number of the last event of its source.
   */
  seq?: Count;
  /**
   * Some data exceeded a limit and was not kept.
   */
  truncated?: boolean;
  /**
   * True if it had no final status when a gap began, so that it may have changed or finished since.
   */
  uncertain?: boolean;
  /**
   * The time of the last event of a running task or execution that has been without one for CECELIA_SILENT_AFTER_SECONDS.
   */
  silent_since?: Timestamp;
}
/**
 * An execution, in the Execution or Workflow format.
 */
export interface ExecutionEntity {
  /**
   * Progress in percent.
   */
  progress?: number | null;
  /**
   * Description of the current activity.
   */
  message?: string | null;
  /**
   * Result.
   */
  result?: {
    [k: string]: unknown;
  };
  /**
   * Reason for the failure.
   */
  error?: {
    [k: string]: unknown;
  };
  /**
   * Duration as given by the publisher.
   */
  execution_time?: number | null;
  /**
   * Start time.
   */
  started?: Timestamp;
  /**
   * End time.
   */
  ended?: Timestamp;
  /**
   * Tokens used, each with its latest value.
   */
  usage?: TokenUsageData;
  /**
   * The id within its section; for nodes unique together with execution_id, for agents with project_id. Empty for the entity of a publisher that names none.
   */
  id: string;
  /**
   * The project that it belongs to, according to the last event.
   */
  project_id?: string;
  /**
   * The execution that it belongs to, according to the last event.
   */
  execution_id?: string;
  /**
   * The newest status.
   */
  status?: string;
  /**
   * The latest timestamp given by a publisher; with undated, the time at which the last event was received.
   */
  timestamp: Timestamp;
  /**
   * No publisher has given a timestamp.
   */
  undated?: boolean;
  /**
   * Time at which the last event was received.
   */
  received: Timestamp;
  /**
   * The publisher of the last event.
   */
  source?: string;
  /**
   * The sequence number of the last event of its source.
   */
  seq?: Count;
  /**
   * Some data exceeded a limit and was not kept.
   */
  truncated?: boolean;
  /**
   * True if it had no final status when a gap began, so that it may have changed or finished since.
   */
  uncertain?: boolean;
  /**
   * The time of the last event of a running task or execution that has been without one for CECELIA_SILENT_AFTER_SECONDS.
   */
  silent_since?: Timestamp;
}
/**
 * A workflow node in the Workflow format.
 */
export interface NodeEntity {
  /**
   * All members of the node_state_change events' data, each with its latest value.
   */
  data?: NodeStateData;
  /**
   * The order in which the nodes of an execution were first seen, from 1. Nodes started by one event share a number.
   */
  order?: Count;
  /**
   * Time at which it started to run or to stream text.
   */
  started?: Timestamp;
  /**
   * End time.
   */
  ended?: Timestamp;
  /**
   * The end of its streamed text.
   */
  text?: string;
  /**
   * Size of all its streamed text in bytes, as encoded in JSON.
   */
  text_bytes?: Count;
  /**
   * Tokens used, each with its latest value.
   */
  usage?: TokenUsageData;
  /**
   * Reason for the failure.
   */
  error?: {
    [k: string]: unknown;
  };
  /**
   * The id within its section; for nodes unique together with execution_id, for agents with project_id. Empty for the entity of a publisher that names none.
   */
  id: string;
  /**
   * The project that it belongs to, according to the last event.
   */
  project_id?: string;
  /**
   * The execution that it belongs to, according to the last event.
   */
  execution_id?: string;
  /**
   * The newest status.
   */
  status?: string;
  /**
   * The latest timestamp given by a publisher; with undated, the time at which the last event was received.
   */
  timestamp: Timestamp;
  /**
   * No publisher has given a timestamp.
   */
  undated?: boolean;
  /**
   * Time at which the last event was received.
   */
  received: Timestamp;
  /**
   * The publisher of the last event.
   */
  source?: string;
  /**
   * The sequence number of the last event of its source.
   */
  seq?: Count;
  /**
   * Some data exceeded a limit and was not kept.
   */
  truncated?: boolean;
  /**
   * True if it had no final status when a gap began, so that it may have changed or finished since.
   */
  uncertain?: boolean;
  /**
   * The time of the last event of a running task or execution that has been without one for CECELIA_SILENT_AFTER_SECONDS.
   */
  silent_since?: Timestamp;
}
/**
 * An agent in the TaskTree format.
 */
export interface AgentEntity {
  /**
   * All members of the events' data, each with its latest value.
   */
  data?: AgentData;
  /**
   * Number of messages.
   */
  messages?: Count;
  /**
   * The data of the last message.
   */
  last_message?: AgentMessageData;
  /**
   * The id within its section; for nodes unique together with execution_id, for agents with project_id. Empty for the entity of a publisher that names none.
   */
  id: string;
  /**
   * The project that it belongs to, according to the last event.
   */
  project_id?: string;
  /**
   * The execution that it belongs to, according to the last event.
   */
  execution_id?: string;
  /**
   * The newest status.
   */
  status?: string;
  /**
   * The latest timestamp given by a publisher; with undated, the time at which the last event was received.
   */
  timestamp: Timestamp;
  /**
   * No publisher has given a timestamp.
   */
  undated?: boolean;
  /**
   * Time at which the last event was received.
   */
  received: Timestamp;
  /**
   * The publisher of the last event.
   */
  source?: string;
  /**
   * The sequence number of the last event of its source.
   */
  seq?: Count;
  /**
   * Some data exceeded a limit and was not kept.
   */
  truncated?: boolean;
  /**
   * True if it had no final status when a gap began, so that it may have changed or finished since.
   */
  uncertain?: boolean;
  /**
   * The time of the last event of a running task or execution that has been without one for CECELIA_SILENT_AFTER_SECONDS.
   */
  silent_since?: Timestamp;
}
/**
 * A project in the TaskTree format.
 */
export interface ProjectEntity {
  /**
   * The data and time of the last file_locks_update event.
   */
  locks?: LatestFileLocksData;
  /**
   * The data and time of the last plan_generated event.
   */
  plan?: LatestPlanData;
  /**
   * The data and time of the last coordination_update event.
   */
  coordination?: LatestCoordinationData;
  /**
   * The id within its section; for nodes unique together with execution_id, for agents with project_id. Empty for the entity of a publisher that names none.
   */
  id: string;
  /**
   * The project that it belongs to, according to the last event.
   */
  project_id?: string;
  /**
   * The execution that it belongs to, according to the last event.
   */
  execution_id?: string;
  /**
   * The newest status.
   */
  status?: string;
  /**
   * The latest timestamp given by a publisher; with undated, the time at which the last event was received.
   */
  timestamp: Timestamp;
  /**
   * No publisher has given a timestamp.
   */
  undated?: boolean;
  /**
   * Time at which the last event was received.
   */
  received: Timestamp;
  /**
   * The publisher of the last event.
   */
  source?: string;
  /**
   * The sequence number of the last event of its source.
   */
  seq?: Count;
  /**
   * Some data exceeded a limit and was not kept.
   */
  truncated?: boolean;
  /**
   * True if it had no final status when a gap began, so that it may have changed or finished since.
   */
  uncertain?: boolean;
  /**
   * The time of the last event of a running task or execution that has been without one for CECELIA_SILENT_AFTER_SECONDS.
   */
  silent_since?: Timestamp;
}
/**
 * The last event of its kind.
 */
export interface LatestFileLocksData {
  /**
   * Its data.
   */
  data: FileLocksData | null;
  /**
   * Time of the event.
   */
  timestamp: Timestamp;
}
/**
 * The last event of its kind.
 */
export interface LatestPlanData {
  /**
   * Its data.
   */
  data: PlanData | null;
  /**
   * Time of the event.
   */
  timestamp: Timestamp;
}
/**
 * The last event of its kind.
 */
export interface LatestCoordinationData {
  /**
   * Its data.
   */
  data: CoordinationData | null;
  /**
   * Time of the event.
   */
  timestamp: Timestamp;
}
/**
 * Events may be missing at this point.
 */
export interface GapData {
  /**
   * Reason why events may be missing.
   */
  cause: 'redis_lost' | 'slow_client' | 'restart' | 'evicted' | 'publisher_gap' | 'publisher_restarted';
  /**
   * Number of missing events; null if unknown.
   */
  missed: number | null;
  /**
   * Start of the time range in which events may be missing; null if unknown.
   */
  from: Timestamp | null;
  /**
   * End of that time range; null if unknown.
   */
  to: Timestamp | null;
  /**
   * The publisher whose events are missing or that restarted. Only with publisher_gap and publisher_restarted, and not for the role read.
   */
  source?: string;
  /**
   * The first missing sequence number. Only with publisher_gap.
   */
  fromSeq?: Count;
  /**
   * The last missing sequence number. Only with publisher_gap.
   */
  toSeq?: Count;
}
/**
 * A ping. Its id is the current position in the stream.
 */
export interface PingData {}
/**
 * The client's command was published.
 */
export interface AckData {
  /**
   * The relay's id of the command, which Brain uses to reply.
   */
  id: string;
  /**
   * The client's id of the command.
   */
  ref?: string;
  /**
   * Number of Brain instances that received it.
   */
  receivers: Count;
}
/**
 * The client's message was rejected.
 */
export interface RelayErrorData {
  /**
   * Reason, as a code.
   */
  reason: ErrorReason;
  /**
   * Reason, as text.
   */
  message: string;
  /**
   * The client's id of the command that this message refers to.
   */
  ref?: string;
}
/**
 * The client's token expires soon, or the one that it sent is in use. Only with access control.
 */
export interface TokenData {
  /**
   * accepted: the token that the client sent is in use; expiring: the token in use expires soon.
   */
  status: 'accepted' | 'expiring';
  /**
   * Time at which the token expires.
   */
  expires: Timestamp;
  /**
   * Milliseconds until then; 0 if it has passed.
   */
  expiresInMs: number;
}
/**
 * The relay is about to close the connection.
 */
export interface ByeData {
  /**
   * Reason for closing the connection.
   */
  reason:
    | 'shutting_down'
    | 'protocol_error'
    | 'binary_message'
    | 'invalid_utf8'
    | 'bad_compression'
    | 'too_many_fragments'
    | 'too_many_messages'
    | 'message_unfinished'
    | 'message_too_large'
    | 'no_sign_of_life'
    | 'internal_error'
    | 'overloaded'
    | 'max_age'
    | 'finished'
    | 'token_expired'
    | 'access_revoked'
    | 'closed_by_operator';
  /**
   * The code of the close frame that follows.
   */
  code: number;
  /**
   * Whether the client should reconnect.
   */
  reconnect: boolean;
  /**
   * Milliseconds to wait before reconnecting; null if the client should not reconnect.
   */
  retryAfterMs: number | null;
}
/**
 * The status of an execution as clients of the Execution format receive it. All fields are present; unknown ones are null.
 */
export interface ExecutionStatusMessage {
  /**
   * The type of the message.
   */
  type: 'status';
  /**
   * The execution.
   */
  execution_id: string;
  /**
   * Current status.
   */
  status: 'pending' | 'running' | 'completed' | 'failed';
  /**
   * Progress in percent.
   */
  progress: number | null;
  /**
   * Description of the current activity.
   */
  message: string | null;
  /**
   * Result.
   */
  result: {
    [k: string]: unknown;
  };
  /**
   * Reason for the failure.
   */
  error: {
    [k: string]: unknown;
  };
  /**
   * Duration in seconds.
   */
  execution_time: number | null;
}
/**
 * An error in the execution or in a message of the client.
 */
export interface ErrorMessage {
  /**
   * The type of the message.
   */
  type: 'error';
  /**
   * Error message; null if the publisher gave none.
   */
  message: string | null;
  /**
   * Reason as a code, for errors of the relay itself.
   */
  reason?: ErrorReason;
  /**
   * The client's id of the command that this message refers to.
   */
  ref?: string;
}
/**
 * The state of a node of the execution. Only with include=nodes.
 */
export interface ExecutionNodeMessage {
  /**
   * The type of the message.
   */
  type: 'node';
  /**
   * The execution.
   */
  execution_id: string;
  /**
   * The workflow node; absent if the event names none.
   */
  node_id?: Id;
  /**
   * The node's status as given by the publisher; null if none was given.
   */
  status: string | null;
  /**
   * The data of the event.
   */
  data: OpenObject;
  /**
   * Time of the event.
   */
  timestamp: Timestamp;
}
/**
 * A line of the execution's log. Only with include=logs.
 */
export interface ExecutionLogMessage {
  /**
   * The type of the message.
   */
  type: 'log';
  /**
   * The execution.
   */
  execution_id: string;
  /**
   * The workflow node that it comes from.
   */
  node_id?: Id;
  /**
   * The line.
   */
  data: LogData;
  /**
   * Time at which it was written.
   */
  timestamp: Timestamp;
}
/**
 * The response to a ping.
 */
export interface Pong {
  /**
   * The type of the message.
   */
  type: 'pong';
}
/**
 * The response to a ping, for a client that reads event.
 */
export interface PongData {}
/**
 * The client's message was rejected. For clients that read event; the data is that of the Workflow format's error event.
 */
export interface PlainErrorData {
  /**
   * Reason, as text.
   */
  error: string;
  /**
   * Reason, as a code.
   */
  reason: ErrorReason;
  /**
   * The client's id of the command that this message refers to.
   */
  ref?: string;
}
/**
 * A ping. The relay responds with a pong.
 */
export interface ClientPing {
  /**
   * The type of the message.
   */
  type: 'ping';
}
/**
 * A ping in the Workflow format. The relay responds with a pong.
 */
export interface ClientPingCommand {
  /**
   * The type of the message.
   */
  cmd: 'ping';
}
/**
 * Requests a relay:hello and the missed events. Subprotocol only.
 */
export interface ClientHello {
  /**
   * The type of the message.
   */
  type: 'hello';
  /**
   * The newest id that the client has processed. Without it a snapshot follows.
   */
  since?: Position;
}
/**
 * A new token, in place of the one that expires. Subprotocol only, and only with access control.
 */
export interface ClientToken {
  /**
   * The type of the message.
   */
  type: 'token';
  /**
   * The token, a JSON Web Token of the same user.
   */
  token: string;
}
/**
 * A command for Brain in the Workflow format.
 */
export interface ClientCommand {
  /**
   * The command's name, such as start_session, pause_session, resume_session or user_input.
   */
  cmd: CommandName;
  /**
   * Arguments for Brain; absent means {}.
   */
  data?: OpenObject;
  /**
   * The project that the command applies to.
   */
  project_id?: NonEmptyId | null;
  /**
   * The client's id of this command, 1 to 64 bytes, which the response repeats.
   */
  ref?: string | null;
  /**
   * Accepted but ignored: the relay sets its own timestamp.
   */
  timestamp?: string | null;
}
/**
 * A command for Brain in the TaskTree format.
 */
export interface ClientBoardCommand {
  /**
   * The command's name.
   */
  type: CommandName;
  /**
   * Arguments for Brain; absent means {}.
   */
  data?: OpenObject;
  /**
   * The project that the command applies to.
   */
  project_id?: NonEmptyId | null;
  /**
   * The client's id of this command, 1 to 64 bytes, which the response repeats.
   */
  ref?: string | null;
  /**
   * Accepted but ignored: the relay sets its own timestamp.
   */
  timestamp?: string | null;
}
/**
 * The current state, as in the response to GET /api/v1/state.
 */
export interface StateResponse {
  /**
   * The current position in the stream. A client that connects with it as since gets everything after it.
   */
  position: Position;
  /**
   * Time at which the relay wrote the response.
   */
  timestamp: Timestamp;
  /**
   * The status of the link to Redis.
   */
  link: LinkData;
  /**
   * Tasks.
   */
  tasks: TaskEntity[];
  /**
   * Executors.
   */
  executor: ExecutorEntity[];
  /**
   * Executions.
   */
  executions: ExecutionEntity[];
  /**
   * Workflow nodes.
   */
  nodes: NodeEntity[];
  /**
   * Agents.
   */
  agents: AgentEntity[];
  /**
   * Projects.
   */
  projects: ProjectEntity[];
}
/**
 * A page of older events, as in the response to GET /api/v1/history.
 */
export interface HistoryResponse {
  /**
   * The position up to which the page reaches. A client that connects with it as since gets everything after it.
   */
  position: Position;
  /**
   * The position for the request of the next, older page; null if the journal has no older events.
   */
  before: Position | null;
  /**
   * False if events are missing in the page: at the gap with which it begins, or because their payload is no longer in the journal.
   */
  complete: boolean;
  /**
   * The gap that precedes the events.
   */
  gap?: GapData;
  /**
   * The id of the message of the gap.
   */
  gapId?: Position;
  /**
   * The state before the events, if it was requested; null if there is none within the limits of the request.
   */
  base?: HistoryBase | null;
  /**
   * The events, oldest first.
   */
  events: PastEvent[];
}
/**
 * The state at an earlier moment. The events of the history since then lead from it to any later moment.
 */
export interface HistoryBase {
  /**
   * The position of the moment.
   */
  position: Position;
  /**
   * The time of the moment.
   */
  at: Timestamp;
  /**
   * Time without an event after which running work is silent, in milliseconds; 0 if it never is.
   */
  silentAfterMs: number;
  /**
   * The entities that were removed since without an event.
   */
  evicted: EvictedEntity[];
  /**
   * Tasks.
   */
  tasks: TaskEntity[];
  /**
   * Executors.
   */
  executor: ExecutorEntity[];
  /**
   * Executions.
   */
  executions: ExecutionEntity[];
  /**
   * Workflow nodes.
   */
  nodes: NodeEntity[];
  /**
   * Agents.
   */
  agents: AgentEntity[];
  /**
   * Projects.
   */
  projects: ProjectEntity[];
}
/**
 * An entity that was removed without an event: because of a limit, or at the end of its retention time.
 */
export interface EvictedEntity {
  /**
   * The section of the entity.
   */
  section: 'tasks' | 'executor' | 'executions' | 'nodes' | 'agents' | 'projects';
  /**
   * The id within its section.
   */
  id: string;
  /**
   * The execution of a node.
   */
  execution_id?: string;
  /**
   * The project of an agent.
   */
  project_id?: string;
  /**
   * The entity was removed directly after the event at this position.
   */
  after: Position;
}
/**
 * The last minutes, oldest first, as in the response to GET /api/v1/minutes.
 */
export interface MinutesResponse {
  /**
   * The time at which the relay wrote the response.
   */
  now: Timestamp;
  /**
   * Time since which minutes are known at all; null if nothing was observed yet.
   */
  since: Timestamp | null;
  /**
   * Reason why nothing is known from before.
   */
  reason: 'started' | 'not_handed_over' | 'unreadable';
  /**
   * The beginning of the first row.
   */
  from: Timestamp;
  /**
   * Number of rows of each series.
   */
  minutes: number;
  /**
   * True if the token of the request is limited, so that some series are absent.
   */
  limited: boolean;
  /**
   * The upper bounds of the buckets of the histograms.
   */
  bounds: MinuteBounds;
  /**
   * For each minute: true if it was observed completely; false if in part, or events may be missing; null if nothing of it is known.
   */
  complete: (boolean | null)[];
  /**
   * The slots of the executors in each minute.
   */
  slots?: (MinuteSlots | null)[];
  /**
   * The sum of all series.
   */
  all?: (MinuteRow | null)[];
  /**
   * What belongs to no project, if there is anything.
   */
  none?: (MinuteRow | null)[];
  /**
   * The sum of the projects without a series of their own, if there is anything.
   */
  others?: (MinuteRow | null)[];
  /**
   * The series of each project. Null for a project that was asked for and has none.
   */
  projects: ProjectSeries;
}
/**
 * The upper bounds of the buckets in milliseconds. The last bucket has none.
 */
export interface MinuteBounds {
  /**
   * Those of the run times.
   */
  runMs: number[];
  /**
   * Those of the queue times.
   */
  queueMs: number[];
  /**
   * Those of the lag.
   */
  lagMs: number[];
}
/**
 * Series by project.
 */
export interface ProjectSeries {
  [k: string]: (MinuteRow | null)[] | null;
}
/**
 * A trace, as in the response to GET /api/v1/events/KEY/trace.
 */
export interface TraceResponse {
  /**
   * The answers.
   */
  instances: InstanceTrace[];
  /**
   * The key that was asked for; absent for the list of connections.
   */
  key?: string;
  /**
   * Number of instances that answered.
   */
  answered: number;
  /**
   * Number of instances that exist, as far as that is known.
   */
  of: number;
  /**
   * Names of the instances that did not answer.
   */
  missing: string[];
  /**
   * Number of instances that did not answer and whose names are not known.
   */
  unnamed?: number;
  /**
   * Why other instances could not be asked, or not all of them.
   */
  reason?: string;
}
/**
 * The records of one instance about a key.
 */
export interface InstanceTrace {
  /**
   * Name of the instance.
   */
  instance: string;
  /**
   * Whether something was received, nothing was, or that is not known.
   */
  outcome: 'recorded' | 'never_came' | 'not_recorded';
  /**
   * Why nothing is recorded.
   */
  reason?: string;
  /**
   * How far the recording reaches back; absent if the recorder is off.
   */
  recording?: RecordingReach;
  /**
   * The newest records, oldest first.
   */
  events: TracedEvent[];
  /**
   * Number of older records that were left out.
   */
  more: number;
  /**
   * The newest gaps of the whole recording, oldest first.
   */
  gaps: TracedGap[];
}
/**
 * The times since which everything is recorded.
 */
export interface RecordingReach {
  /**
   * When the recorder was started.
   */
  started?: Timestamp;
  /**
   * Of accepted events.
   */
  accepted_since?: Timestamp;
  /**
   * Of everything else that was received.
   */
  others_since?: Timestamp;
  /**
   * Of deliveries.
   */
  deliveries_since?: Timestamp;
  /**
   * Of connections that have ended.
   */
  ended_connections_since?: Timestamp;
}
/**
 * A message that an instance received. Members that the message did not have are absent.
 */
export interface TracedEvent {
  /**
   * When it was received.
   */
  at: Timestamp;
  /**
   * The outcome.
   */
  outcome: 'accepted' | 'reply' | 'duplicate' | 'refused' | 'in_loaded_state' | 'discarded' | 'overtaken' | 'lost';
  /**
   * Name of the event.
   */
  event?: string;
  /**
   * The publisher.
   */
  source?: string;
  /**
   * The publisher's number.
   */
  seq?: number;
  /**
   * The publisher's id of the event.
   */
  id?: string;
  /**
   * The position of an accepted event, with the time of this instance.
   */
  position?: Position;
  /**
   * The project.
   */
  project_id?: string;
  /**
   * The task.
   */
  task_id?: string;
  /**
   * The execution.
   */
  execution_id?: string;
  /**
   * The channel of Redis.
   */
  channel?: string;
  /**
   * Size of the payload in bytes.
   */
  bytes: number;
  /**
   * True if it was read from the stream.
   */
  from_stream?: boolean;
  /**
   * True if an accepted event was too old to change an entity.
   */
  stale?: boolean;
  /**
   * Reason for the refusal, as a code.
   */
  reason?: string;
  /**
   * Reason for the refusal, as text.
   */
  detail?: string;
  /**
   * Beginning of a payload that was not decoded.
   */
  excerpt?: string;
  /**
   * The connections whose filter an accepted event matches.
   */
  deliveries?: TracedDeliveries;
}
/**
 * The connections that an event was for.
 */
export interface TracedDeliveries {
  /**
   * Number of connections by outcome: given, skipped, merged, pending, ended, not_recorded.
   */
  counts?: OpenObject;
  /**
   * The connections, first those that were not given the event.
   */
  connections?: TracedConnection[];
  /**
   * Number of connections that are not listed.
   */
  more?: number;
}
/**
 * The outcome of an event for one connection.
 */
export interface TracedConnection {
  /**
   * The outcome: given, skipped, merged, pending, ended or not_recorded.
   */
  outcome: string;
  /**
   * The time by which it was given or skipped. Given means that the transport accepted it: for a plain socket, the kernel.
   */
  by?: Timestamp;
  /**
   * Why it was skipped: slow_client or continued_elsewhere.
   */
  reason?: string;
  /**
   * When the connection ended.
   */
  ended?: Timestamp;
  /**
   * The id of the connection, unique among all instances.
   */
  id: string;
  /**
   * The name of the connection, as in relay:hello and in the logs.
   */
  connection: string;
  /**
   * Address of the client.
   */
  address: string;
  /**
   * The user; empty if the request named none, null if the name cannot be used.
   */
  user: string | null;
  /**
   * The transport: websocket or event_stream.
   */
  transport: string;
  /**
   * The wire format: cecelia, cecelia.v1, tasktree or execution.
   */
  format: string;
}
/**
 * A gap that an instance noted.
 */
export interface TracedGap {
  /**
   * When it was noted.
   */
  at: Timestamp;
  /**
   * Cause of the gap.
   */
  cause: 'redis_lost' | 'slow_client' | 'restart' | 'evicted' | 'publisher_gap' | 'publisher_restarted';
  /**
   * Number of missing events; null if it is not known.
   */
  missed: number | null;
  /**
   * The publisher whose events are missing.
   */
  source?: string;
  /**
   * Its first missing number.
   */
  from_seq?: number;
  /**
   * Its last missing number.
   */
  to_seq?: number;
}
/**
 * The open connections, as in the response to GET /api/v1/connections.
 */
export interface ConnectionsResponse {
  /**
   * The answers.
   */
  instances: InstanceConnections[];
  /**
   * The key that was asked for; absent for the list of connections.
   */
  key?: string;
  /**
   * Number of instances that answered.
   */
  answered: number;
  /**
   * Number of instances that exist, as far as that is known.
   */
  of: number;
  /**
   * Names of the instances that did not answer.
   */
  missing: string[];
  /**
   * Number of instances that did not answer and whose names are not known.
   */
  unnamed?: number;
  /**
   * Why other instances could not be asked, or not all of them.
   */
  reason?: string;
}
/**
 * The open connections of one instance.
 */
export interface InstanceConnections {
  /**
   * Name of the instance.
   */
  instance: string;
  /**
   * Number of open connections.
   */
  open: number;
  /**
   * The connections, first those that are furthest behind.
   */
  connections: OpenConnection[];
  /**
   * Number of connections that are not listed.
   */
  more: number;
}
/**
 * An open connection.
 */
export interface OpenConnection {
  /**
   * True if messages are compressed.
   */
  compressed: boolean;
  /**
   * The filter; empty if every event matches.
   */
  filter: ConnectionFilter;
  /**
   * When it was opened.
   */
  since: Timestamp;
  /**
   * How far the client is behind.
   */
  lag: ConnectionLag;
  /**
   * Number of messages that its transport accepted.
   */
  delivered: number;
  /**
   * Number of events that the client lost because it was too slow.
   */
  skipped: number;
  /**
   * How often it continued elsewhere: after a hello, after it fell behind, or with another instance's state.
   */
  resumes: number;
  /**
   * Why it is being closed.
   */
  closing?:
    | 'shutting_down'
    | 'protocol_error'
    | 'binary_message'
    | 'invalid_utf8'
    | 'bad_compression'
    | 'too_many_fragments'
    | 'too_many_messages'
    | 'message_unfinished'
    | 'message_too_large'
    | 'no_sign_of_life'
    | 'internal_error'
    | 'overloaded'
    | 'max_age'
    | 'finished'
    | 'token_expired'
    | 'access_revoked'
    | 'closed_by_operator';
  /**
   * The id of the connection, unique among all instances.
   */
  id: string;
  /**
   * The name of the connection, as in relay:hello and in the logs.
   */
  connection: string;
  /**
   * Address of the client.
   */
  address: string;
  /**
   * The user; empty if the request named none, null if the name cannot be used.
   */
  user: string | null;
  /**
   * The transport: websocket or event_stream.
   */
  transport: string;
  /**
   * The wire format: cecelia, cecelia.v1, tasktree or execution.
   */
  format: string;
}
/**
 * The first values of each part of a filter. Parts that match everything are absent.
 */
export interface ConnectionFilter {
  /**
   * Projects.
   */
  project?: string[];
  /**
   * Number of projects that are not listed.
   */
  project_more?: number;
  /**
   * Tasks.
   */
  task?: string[];
  /**
   * Number of tasks that are not listed.
   */
  task_more?: number;
  /**
   * Executions.
   */
  execution?: string[];
  /**
   * Number of executions that are not listed.
   */
  execution_more?: number;
  /**
   * Event names and prefixes.
   */
  events?: string[];
  /**
   * Number of names that are not listed.
   */
  events_more?: number;
}
/**
 * What the outbound buffer has for a client and its transport has not accepted.
 */
export interface ConnectionLag {
  /**
   * Number of messages.
   */
  events: number;
  /**
   * Their size in bytes.
   */
  bytes: number;
}
/**
 * The connections that were closed, as in the response to DELETE /api/v1/connections.
 */
export interface ClosedResponse {
  /**
   * The answers.
   */
  instances: InstanceClosed[];
  /**
   * The key that was asked for; absent for the list of connections.
   */
  key?: string;
  /**
   * Number of instances that answered.
   */
  answered: number;
  /**
   * Number of instances that exist, as far as that is known.
   */
  of: number;
  /**
   * Names of the instances that did not answer.
   */
  missing: string[];
  /**
   * Number of instances that did not answer and whose names are not known.
   */
  unnamed?: number;
  /**
   * Why other instances could not be asked, or not all of them.
   */
  reason?: string;
}
/**
 * The connections that one instance closed.
 */
export interface InstanceClosed {
  /**
   * Name of the instance.
   */
  instance: string;
  /**
   * Ids of the connections.
   */
  closed: string[];
  /**
   * Number of connections that are not listed.
   */
  more: number;
}
/**
 * Reason for the refusal of a request.
 */
export interface Refusal {
  /**
   * Reason, as a code.
   */
  error: RefusalCode;
  /**
   * Reason, as text.
   */
  message: string;
}

/** The name of each CeceliaEvent. */
export const eventNames = [
  'task:created',
  'task:started',
  'task:progress',
  'task:completed',
  'task:failed',
  'executor:status',
  'task_created',
  'task_updated',
  'task_deleted',
  'task_status_changed',
  'tasks_reset',
  'agent_spawned',
  'agent_status_update',
  'agent_messages',
  'coordination_update',
  'file_locks_update',
  'plan_generated',
  'log',
  'notification',
  'status',
  'error',
  'token_stream',
  'node_state_change',
  'node:parallel_start',
  'token_usage',
  'execution:paused',
  'execution:completed',
] as const satisfies readonly CeceliaEvent['event'][];

/** The name of each RelayMessage. */
export const relayMessageNames = [
  'relay:hello',
  'relay:snapshot',
  'relay:gap',
  'relay:link',
  'relay:ping',
  'relay:ack',
  'relay:error',
  'relay:token',
  'relay:bye',
] as const satisfies readonly RelayMessage['event'][];
