// Written by `make contracts` from Relay/Contracts, by way of Relay/asyncapi.json. Not to be edited.

export type Message =
  | CeceliaEvent
  | AnyEvent
  | TaskTreeEvent
  | AnyTaskTreeEvent
  | RelayMessage
  | AnyRelayMessage
  | ExecutionMessage
  | PlainAnswer
  | ClientMessage
  | StateAnswer
  | Refusal;
/**
 * An event whose name the relay knows, as Systems A and D get it.
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
 * A task is there, and waits.
 */
export type TaskCreatedEvent = EventEnvelope & {
  event: 'task:created';
  data: TaskData;
};
/**
 * A moment by RFC 3339, such as 2026-02-06T08:30:00.000Z. A blank may stand for the T, and without a zone it is UTC.
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
 * A place in the stream of all events (PROTOCOL.md, Positions): opaque, good for giving back as since.
 */
export type Position = string;
/**
 * A task runs.
 */
export type TaskStartedEvent = EventEnvelope & {
  event: 'task:started';
  data: TaskData;
};
/**
 * A task has come further.
 */
export type TaskProgressEvent = EventEnvelope & {
  event: 'task:progress';
  data: TaskData;
};
/**
 * A task has ended well.
 */
export type TaskCompletedEvent = EventEnvelope & {
  event: 'task:completed';
  data: TaskData;
};
/**
 * A task has failed.
 */
export type TaskFailedEvent = EventEnvelope & {
  event: 'task:failed';
  data: TaskData;
};
/**
 * The executor has other slots free than before.
 */
export type ExecutorStatusEvent = EventEnvelope & {
  event: 'executor:status';
  data: ExecutorData;
};
/**
 * A board has a new task.
 */
export type BoardTaskCreatedEvent = EventEnvelope & {
  event: 'task_created';
  data: BoardTaskData;
};
/**
 * A board's task was changed.
 */
export type BoardTaskUpdatedEvent = EventEnvelope & {
  event: 'task_updated';
  data: BoardTaskData;
};
/**
 * A board's task is gone.
 */
export type BoardTaskDeletedEvent = EventEnvelope & {
  event: 'task_deleted';
  data: BoardTaskDeletedData;
};
/**
 * A board's task has another status.
 */
export type BoardTaskStatusChangedEvent = EventEnvelope & {
  event: 'task_status_changed';
  data: BoardTaskData;
};
/**
 * The tasks of a board are gone.
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
 * An agent has another status.
 */
export type AgentStatusUpdateEvent = EventEnvelope & {
  event: 'agent_status_update';
  data: AgentData;
};
/**
 * An agent has sent a message.
 */
export type AgentMessagesEvent = EventEnvelope & {
  event: 'agent_messages';
  data: AgentMessageData;
};
/**
 * Agents work together in another way.
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
 * There is a plan for a project.
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
 * People should see something.
 */
export type NotificationEvent = EventEnvelope & {
  event: 'notification';
  data: NotificationData;
};
/**
 * An execution stands otherwise. Without data, its fields stand in the envelope.
 */
export type ExecutionStatusEvent = EventEnvelope & {
  event: 'status';
  data: ExecutionStatusData;
};
/**
 * Something went wrong. Without data, its fields stand in the envelope.
 */
export type ExecutionErrorEvent = EventEnvelope & {
  event: 'error';
  data: ErrorData;
};
/**
 * A node has written more text.
 */
export type TokenStreamEvent = EventEnvelope & {
  event: 'token_stream';
  data: TokenStreamData;
};
/**
 * A node has another state.
 */
export type NodeStateChangeEvent = EventEnvelope & {
  event: 'node_state_change';
  data: NodeStateData;
};
/**
 * Several nodes run at once.
 */
export type NodeParallelStartEvent = EventEnvelope & {
  event: 'node:parallel_start';
  data: ParallelStartData;
};
/**
 * Workflow nodes, each by its id or as an object that has it as node_id, nodeId or id.
 */
export type NodeList = (
  | string
  | number
  | {
      [k: string]: unknown;
    }
)[];
/**
 * Tokens were used.
 */
export type TokenUsageEvent = EventEnvelope & {
  event: 'token_usage';
  data: TokenUsageData;
};
/**
 * An execution waits.
 */
export type ExecutionPausedEvent = EventEnvelope & {
  event: 'execution:paused';
  data: ExecutionStepData;
};
/**
 * An execution has ended well.
 */
export type ExecutionCompletedEvent = EventEnvelope & {
  event: 'execution:completed';
  data: ExecutionStepData;
};
/**
 * An event as Systems A and D get it, whatever its name.
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
 * An event whose name the relay knows, as System B gets it.
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
 * A task is there, and waits.
 */
export type TaskTreeTaskCreatedEvent = TaskTreeEnvelope & {
  type: 'task:created';
  data: TaskData;
};
/**
 * A task runs.
 */
export type TaskTreeTaskStartedEvent = TaskTreeEnvelope & {
  type: 'task:started';
  data: TaskData;
};
/**
 * A task has come further.
 */
export type TaskTreeTaskProgressEvent = TaskTreeEnvelope & {
  type: 'task:progress';
  data: TaskData;
};
/**
 * A task has ended well.
 */
export type TaskTreeTaskCompletedEvent = TaskTreeEnvelope & {
  type: 'task:completed';
  data: TaskData;
};
/**
 * A task has failed.
 */
export type TaskTreeTaskFailedEvent = TaskTreeEnvelope & {
  type: 'task:failed';
  data: TaskData;
};
/**
 * The executor has other slots free than before.
 */
export type TaskTreeExecutorStatusEvent = TaskTreeEnvelope & {
  type: 'executor:status';
  data: ExecutorData;
};
/**
 * A board has a new task.
 */
export type TaskTreeBoardTaskCreatedEvent = TaskTreeEnvelope & {
  type: 'task_created';
  data: BoardTaskData;
};
/**
 * A board's task was changed.
 */
export type TaskTreeBoardTaskUpdatedEvent = TaskTreeEnvelope & {
  type: 'task_updated';
  data: BoardTaskData;
};
/**
 * A board's task is gone.
 */
export type TaskTreeBoardTaskDeletedEvent = TaskTreeEnvelope & {
  type: 'task_deleted';
  data: BoardTaskDeletedData;
};
/**
 * A board's task has another status.
 */
export type TaskTreeBoardTaskStatusChangedEvent = TaskTreeEnvelope & {
  type: 'task_status_changed';
  data: BoardTaskData;
};
/**
 * The tasks of a board are gone.
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
 * An agent has another status.
 */
export type TaskTreeAgentStatusUpdateEvent = TaskTreeEnvelope & {
  type: 'agent_status_update';
  data: AgentData;
};
/**
 * An agent has sent a message.
 */
export type TaskTreeAgentMessagesEvent = TaskTreeEnvelope & {
  type: 'agent_messages';
  data: AgentMessageData;
};
/**
 * Agents work together in another way.
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
 * There is a plan for a project.
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
 * People should see something.
 */
export type TaskTreeNotificationEvent = TaskTreeEnvelope & {
  type: 'notification';
  data: NotificationData;
};
/**
 * An execution stands otherwise. Without data, its fields stand in the envelope.
 */
export type TaskTreeExecutionStatusEvent = TaskTreeEnvelope & {
  type: 'status';
  data: ExecutionStatusData;
};
/**
 * Something went wrong. Without data, its fields stand in the envelope.
 */
export type TaskTreeExecutionErrorEvent = TaskTreeEnvelope & {
  type: 'error';
  data: ErrorData;
};
/**
 * A node has written more text.
 */
export type TaskTreeTokenStreamEvent = TaskTreeEnvelope & {
  type: 'token_stream';
  data: TokenStreamData;
};
/**
 * A node has another state.
 */
export type TaskTreeNodeStateChangeEvent = TaskTreeEnvelope & {
  type: 'node_state_change';
  data: NodeStateData;
};
/**
 * Several nodes run at once.
 */
export type TaskTreeNodeParallelStartEvent = TaskTreeEnvelope & {
  type: 'node:parallel_start';
  data: ParallelStartData;
};
/**
 * Tokens were used.
 */
export type TaskTreeTokenUsageEvent = TaskTreeEnvelope & {
  type: 'token_usage';
  data: TokenUsageData;
};
/**
 * An execution waits.
 */
export type TaskTreeExecutionPausedEvent = TaskTreeEnvelope & {
  type: 'execution:paused';
  data: ExecutionStepData;
};
/**
 * An execution has ended well.
 */
export type TaskTreeExecutionCompletedEvent = TaskTreeEnvelope & {
  type: 'execution:completed';
  data: ExecutionStepData;
};
/**
 * An event as System B gets it, whatever its name.
 */
export type AnyTaskTreeEvent = TaskTreeEnvelope & {
  type: CommandName;
  data: OpenObject;
};
/**
 * What the relay says of itself, in the subprotocol.
 */
export type RelayMessage = RelayHello | RelaySnapshot | RelayGap | RelayState | RelayPing | RelayAck | RelayError | RelayBye;
/**
 * The beginning of a connection, and the answer to the client's hello.
 */
export type RelayHello = RelayEnvelope & {
  event: 'relay:hello';
  data: HelloData;
};
/**
 * A part of the present state, which replaces what the client knew. A section that is empty is left out, and may go on in the next part.
 */
export type RelaySnapshot = RelayEnvelope & {
  event: 'relay:snapshot';
  data: SnapshotData;
};
/**
 * An event's name: 1 to 128 bytes of UTF-8 without control characters. Names that begin with relay: are the relay's own.
 */
export type EventName = string;
/**
 * Something may be missing here.
 */
export type RelayGap = RelayEnvelope & {
  event: 'relay:gap';
  data: GapData;
};
/**
 * How the link to Redis stands.
 */
export type RelayState = RelayEnvelope & {
  event: 'relay:state';
  data: LinkData;
};
/**
 * A sign of life; its id is where the stream stands.
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
 * The client's message could not be used.
 */
export type RelayError = RelayEnvelope & {
  event: 'relay:error';
  data: RelayErrorData;
};
/**
 * Why a client's message came to nothing, or unknown_execution.
 */
export type ErrorReason =
  | 'bad_command'
  | 'command_not_allowed'
  | 'command_too_large'
  | 'commands_disabled'
  | 'commands_full'
  | 'no_receiver'
  | 'not_an_object'
  | 'not_json'
  | 'redis_unavailable'
  | 'too_deep'
  | 'too_many_commands'
  | 'unknown_execution'
  | 'unknown_message';
/**
 * The relay is about to close the connection.
 */
export type RelayBye = RelayEnvelope & {
  event: 'relay:bye';
  data: ByeData;
};
/**
 * What the relay says of itself, whatever its name; a client passes over names that it does not know.
 */
export type AnyRelayMessage = RelayEnvelope & {
  event: CommandName;
  data: OpenObject;
};
/**
 * What System C gets.
 */
export type ExecutionMessage = ExecutionStatusMessage | ErrorMessage | ExecutionNodeMessage | ExecutionLogMessage | Pong;
/**
 * What the relay answers to a client of /ws without the subprotocol whose message has cmd, or neither cmd nor type.
 */
export type PlainAnswer = PlainPong | PlainError;
/**
 * The answer to a ping, to a client that reads event.
 */
export type PlainPong = RelayEnvelope & {
  event: 'pong';
  data: PongData;
};
/**
 * The client's message could not be used, to a client that reads event: the data that an error event of System D has.
 */
export type PlainError = RelayEnvelope & {
  event: 'error';
  data: PlainErrorData;
};
/**
 * What a client sends.
 */
export type ClientMessage = ClientPing | ClientPingCommand | ClientHello | ClientCommand | ClientBoardCommand;
/**
 * An id that is not empty: text of 1 to 256 bytes of UTF-8, or an integer.
 */
export type NonEmptyId = string | number;
/**
 * Why a request was refused.
 */
export type RefusalWord =
  | 'bad_filter'
  | 'bad_key'
  | 'body_not_allowed'
  | 'disabled'
  | 'host_not_allowed'
  | 'method_not_allowed'
  | 'not_an_upgrade'
  | 'not_found'
  | 'origin_not_allowed'
  | 'overloaded'
  | 'shutting_down'
  | 'too_many_connections'
  | 'too_many_from_address'
  | 'unknown_execution'
  | 'unknown_task'
  | 'wrong_version';

/**
 * What stands around an event's name and data where Systems A and D get it.
 */
export interface EventEnvelope {
  /**
   * When it happened, as the publisher wrote it, or when the relay received it.
   */
  timestamp: Timestamp;
  /**
   * The project that it belongs to: in the subprotocol as the relay read it from the envelope or the data, as text; otherwise the envelope's, as written.
   */
  project_id?: Id;
  /**
   * The workflow node that it belongs to: in the subprotocol as the relay read it from the envelope or the data; otherwise the envelope's.
   */
  node_id?: string;
  /**
   * The execution that it belongs to, as the relay read it; in the subprotocol alone.
   */
  execution_id?: string;
  /**
   * The task that it is about, as the relay read it; in the subprotocol alone.
   */
  task_id?: string;
  /**
   * The agent that it is about, as the relay read it; in the subprotocol alone.
   */
  agent_id?: string;
  /**
   * The nodes that a node:parallel_start starts, as the relay read them; in the subprotocol alone.
   */
  node_ids?: string[];
  /**
   * True: the publisher gave no time, and the timestamp is the relay's; in the subprotocol alone.
   */
  undated?: boolean;
  /**
   * The publisher, where it says so; in the subprotocol alone.
   */
  source?: string;
  /**
   * The publisher's own number of the event, where it has one; in the subprotocol alone.
   */
  seq?: Count;
  /**
   * The id of the command that it answers; then it has no position.
   */
  reply_to?: string;
  /**
   * The position behind it, in the subprotocol alone.
   */
  id?: Position;
}
/**
 * What System A tells of a task.
 */
export interface TaskData {
  /**
   * The task; what a filter by task goes by.
   */
  taskId?: string | null;
  /**
   * taskId in its second spelling.
   */
  task_id?: string | null;
  /**
   * The run of the task, of which a task that is tried again has several.
   */
  runId?: string | null;
  /**
   * How the task stands.
   */
  status?: 'queued' | 'running' | 'completed' | 'failed' | null;
  /**
   * How much is done, in percent.
   */
  progress?: number | null;
  /**
   * What the task is called, for people.
   */
  title?: string | null;
  /**
   * Why it failed, for people.
   */
  error?: string | null;
  /**
   * The project that the event belongs to, where the envelope names none.
   */
  project_id?: Id | null;
  /**
   * project_id in its second spelling.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, where the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * execution_id in its second spelling.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * How System A's executor stands.
 */
export interface ExecutorData {
  /**
   * Tasks that it is running.
   */
  activeCount?: Count | null;
  /**
   * Tasks that it could run beside those.
   */
  availableSlots?: Count | null;
  /**
   * The task that the event is about; what a filter by task goes by.
   */
  taskId?: Id | null;
  /**
   * taskId in its second spelling.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, where the envelope names none.
   */
  project_id?: Id | null;
  /**
   * project_id in its second spelling.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, where the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * execution_id in its second spelling.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * A task on one of System B's boards.
 */
export interface BoardTaskData {
  /**
   * The task, where there is no taskId.
   */
  id?: Id | null;
  /**
   * What the task is called, for people.
   */
  title?: string | null;
  /**
   * What is to be done, for people.
   */
  description?: string | null;
  /**
   * The board's own word for how the task stands.
   */
  status?: string | null;
  /**
   * How much is done, in percent.
   */
  progress?: number | null;
  /**
   * The agent that works on it.
   */
  agent_id?: Id | null;
  /**
   * The task that the event is about; what a filter by task goes by.
   */
  taskId?: Id | null;
  /**
   * taskId in its second spelling.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, where the envelope names none.
   */
  project_id?: Id | null;
  /**
   * project_id in its second spelling.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, where the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * execution_id in its second spelling.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * A task that is gone from its board.
 */
export interface BoardTaskDeletedData {
  /**
   * The task, where there is no taskId.
   */
  id?: Id | null;
  /**
   * The task that the event is about; what a filter by task goes by.
   */
  taskId?: Id | null;
  /**
   * taskId in its second spelling.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, where the envelope names none.
   */
  project_id?: Id | null;
  /**
   * project_id in its second spelling.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, where the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * execution_id in its second spelling.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * All tasks of the event's project are gone, or all there are if it names none.
 */
export interface BoardResetData {
  /**
   * The task that the event is about; what a filter by task goes by.
   */
  taskId?: Id | null;
  /**
   * taskId in its second spelling.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, where the envelope names none.
   */
  project_id?: Id | null;
  /**
   * project_id in its second spelling.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, where the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * execution_id in its second spelling.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * One of System B's agents.
 */
export interface AgentData {
  /**
   * The agent.
   */
  agent_id?: Id | null;
  /**
   * agent_id in its second spelling.
   */
  agentId?: Id | null;
  /**
   * The agent, where there is neither of these.
   */
  id?: Id | null;
  /**
   * What the agent is called, for people.
   */
  name?: string | null;
  /**
   * The board's own word for how the agent stands.
   */
  status?: string | null;
  /**
   * The task that the event is about; what a filter by task goes by.
   */
  taskId?: Id | null;
  /**
   * taskId in its second spelling.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, where the envelope names none.
   */
  project_id?: Id | null;
  /**
   * project_id in its second spelling.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, where the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * execution_id in its second spelling.
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
   * agent_id in its second spelling.
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
   * The agent that it is for.
   */
  to?: Id | null;
  /**
   * The message.
   */
  content?: {
    [k: string]: unknown;
  };
  /**
   * The task that the event is about; what a filter by task goes by.
   */
  taskId?: Id | null;
  /**
   * taskId in its second spelling.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, where the envelope names none.
   */
  project_id?: Id | null;
  /**
   * project_id in its second spelling.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, where the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * execution_id in its second spelling.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * How the agents of a project work together. Brain's own shape.
 */
export interface CoordinationData {
  /**
   * What changed, for people.
   */
  message?: string | null;
  /**
   * The task that the event is about; what a filter by task goes by.
   */
  taskId?: Id | null;
  /**
   * taskId in its second spelling.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, where the envelope names none.
   */
  project_id?: Id | null;
  /**
   * project_id in its second spelling.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, where the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * execution_id in its second spelling.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * Which files of a project are locked, and by whom.
 */
export interface FileLocksData {
  /**
   * The locks, in Brain's own shape.
   */
  locks?: {
    [k: string]: unknown;
  };
  /**
   * The task that the event is about; what a filter by task goes by.
   */
  taskId?: Id | null;
  /**
   * taskId in its second spelling.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, where the envelope names none.
   */
  project_id?: Id | null;
  /**
   * project_id in its second spelling.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, where the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * execution_id in its second spelling.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * A plan for a project.
 */
export interface PlanData {
  /**
   * The plan, in Brain's own shape.
   */
  plan?: {
    [k: string]: unknown;
  };
  /**
   * The task that the event is about; what a filter by task goes by.
   */
  taskId?: Id | null;
  /**
   * taskId in its second spelling.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, where the envelope names none.
   */
  project_id?: Id | null;
  /**
   * project_id in its second spelling.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, where the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * execution_id in its second spelling.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * A line of a log.
 */
export interface LogData {
  /**
   * How much it matters, such as info, warning or error.
   */
  level?: string | null;
  /**
   * The line.
   */
  message?: string | null;
  /**
   * The workflow node that it comes from, where the envelope names none.
   */
  node_id?: string | null;
  /**
   * The task that the event is about; what a filter by task goes by.
   */
  taskId?: Id | null;
  /**
   * taskId in its second spelling.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, where the envelope names none.
   */
  project_id?: Id | null;
  /**
   * project_id in its second spelling.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, where the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * execution_id in its second spelling.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * Something that people should see.
 */
export interface NotificationData {
  /**
   * How much it matters, such as info, warning or error.
   */
  level?: string | null;
  /**
   * What it is about.
   */
  title?: string | null;
  /**
   * What there is to say.
   */
  message?: string | null;
  /**
   * The task that the event is about; what a filter by task goes by.
   */
  taskId?: Id | null;
  /**
   * taskId in its second spelling.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, where the envelope names none.
   */
  project_id?: Id | null;
  /**
   * project_id in its second spelling.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, where the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * execution_id in its second spelling.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * How one of System C's executions stands.
 */
export interface ExecutionStatusData {
  /**
   * How it stands.
   */
  status?: 'pending' | 'running' | 'completed' | 'failed' | null;
  /**
   * How much is done, in percent.
   */
  progress?: number | null;
  /**
   * What is being done, for people.
   */
  message?: string | null;
  /**
   * What came of it.
   */
  result?: {
    [k: string]: unknown;
  };
  /**
   * Why it failed.
   */
  error?: {
    [k: string]: unknown;
  };
  /**
   * How long it took, in the publisher's own unit; System C's is seconds.
   */
  execution_time?: number | null;
  /**
   * The task that the event is about; what a filter by task goes by.
   */
  taskId?: Id | null;
  /**
   * taskId in its second spelling.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, where the envelope names none.
   */
  project_id?: Id | null;
  /**
   * project_id in its second spelling.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, where the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * execution_id in its second spelling.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * What went wrong, in an execution or in one of its nodes.
 */
export interface ErrorData {
  /**
   * What went wrong (System D).
   */
  error?: {
    [k: string]: unknown;
  };
  /**
   * What went wrong (System C).
   */
  message?: string | null;
  /**
   * The workflow node that failed, where the envelope names none.
   */
  node_id?: Id | null;
  /**
   * node_id in its second spelling.
   */
  nodeId?: Id | null;
  /**
   * The task that the event is about; what a filter by task goes by.
   */
  taskId?: Id | null;
  /**
   * taskId in its second spelling.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, where the envelope names none.
   */
  project_id?: Id | null;
  /**
   * project_id in its second spelling.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, where the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * execution_id in its second spelling.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * The next piece of a node's streamed text, under one of five names; the first of these that is there counts.
 */
export interface TokenStreamData {
  /**
   * The piece.
   */
  token?: string | null;
  /**
   * The piece, if there is none before this.
   */
  content?: string | null;
  /**
   * The piece, if there is none before this.
   */
  chunk?: string | null;
  /**
   * The piece, if there is none before this.
   */
  text?: string | null;
  /**
   * The piece, if there is none before this.
   */
  delta?: string | null;
  /**
   * Only from the relay, to a client that fell behind: the text of so many events, in one.
   */
  merged?: Count | null;
  /**
   * Only from the relay, with merged: the beginning of that text is gone.
   */
  truncated?: boolean | null;
  /**
   * The workflow node, where the envelope names none.
   */
  node_id?: Id | null;
  /**
   * node_id in its second spelling.
   */
  nodeId?: Id | null;
  /**
   * The task that the event is about; what a filter by task goes by.
   */
  taskId?: Id | null;
  /**
   * taskId in its second spelling.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, where the envelope names none.
   */
  project_id?: Id | null;
  /**
   * project_id in its second spelling.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, where the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * execution_id in its second spelling.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * A node has another state.
 */
export interface NodeStateData {
  /**
   * The publisher's own word for how the node stands.
   */
  status?: string | null;
  /**
   * The same, where there is no status.
   */
  state?: string | null;
  /**
   * The workflow node, where the envelope names none.
   */
  node_id?: Id | null;
  /**
   * node_id in its second spelling.
   */
  nodeId?: Id | null;
  /**
   * The task that the event is about; what a filter by task goes by.
   */
  taskId?: Id | null;
  /**
   * taskId in its second spelling.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, where the envelope names none.
   */
  project_id?: Id | null;
  /**
   * project_id in its second spelling.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, where the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * execution_id in its second spelling.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * Several nodes have started at once, beside the node of the event itself.
 */
export interface ParallelStartData {
  /**
   * Nodes that have started.
   */
  node_ids?: NodeList | null;
  /**
   * Nodes that have started.
   */
  nodes?: NodeList | null;
  /**
   * Nodes that have started.
   */
  branches?: NodeList | null;
  /**
   * The workflow node, where the envelope names none.
   */
  node_id?: Id | null;
  /**
   * node_id in its second spelling.
   */
  nodeId?: Id | null;
  /**
   * The task that the event is about; what a filter by task goes by.
   */
  taskId?: Id | null;
  /**
   * taskId in its second spelling.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, where the envelope names none.
   */
  project_id?: Id | null;
  /**
   * project_id in its second spelling.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, where the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * execution_id in its second spelling.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * Tokens that a node has used, or a whole execution if no node is named.
 */
export interface TokenUsageData {
  /**
   * Tokens that went in.
   */
  prompt_tokens?: number | null;
  /**
   * Tokens that came out.
   */
  completion_tokens?: number | null;
  /**
   * Both together.
   */
  total_tokens?: number | null;
  /**
   * The workflow node, where the envelope names none.
   */
  node_id?: Id | null;
  /**
   * node_id in its second spelling.
   */
  nodeId?: Id | null;
  /**
   * The task that the event is about; what a filter by task goes by.
   */
  taskId?: Id | null;
  /**
   * taskId in its second spelling.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, where the envelope names none.
   */
  project_id?: Id | null;
  /**
   * project_id in its second spelling.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, where the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * execution_id in its second spelling.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * How one of System D's executions stands; the event's name says which word it is, unless status does.
 */
export interface ExecutionStepData {
  /**
   * How it stands, in the publisher's own word.
   */
  status?: string | null;
  /**
   * How much is done, in percent.
   */
  progress?: number | null;
  /**
   * What is being done, for people.
   */
  message?: string | null;
  /**
   * What came of it.
   */
  result?: {
    [k: string]: unknown;
  };
  /**
   * Why it failed.
   */
  error?: {
    [k: string]: unknown;
  };
  /**
   * How long it took, in the publisher's own unit; System C's is seconds.
   */
  execution_time?: number | null;
  /**
   * The task that the event is about; what a filter by task goes by.
   */
  taskId?: Id | null;
  /**
   * taskId in its second spelling.
   */
  task_id?: Id | null;
  /**
   * The project that the event belongs to, where the envelope names none.
   */
  project_id?: Id | null;
  /**
   * project_id in its second spelling.
   */
  projectId?: Id | null;
  /**
   * The execution that the event belongs to, where the envelope names none.
   */
  execution_id?: Id | null;
  /**
   * execution_id in its second spelling.
   */
  executionId?: Id | null;
  [k: string]: unknown;
}
/**
 * An object of the publisher's own shape.
 */
export interface OpenObject {
  [k: string]: unknown;
}
/**
 * What stands around an event's name and data where System B gets it.
 */
export interface TaskTreeEnvelope {
  /**
   * When it happened, as the publisher wrote it, or when the relay received it.
   */
  timestamp: Timestamp;
  /**
   * The project that it belongs to, by its envelope or else by its data.
   */
  project_id?: Id;
  /**
   * The workflow node that it belongs to, where the publisher's envelope says so.
   */
  node_id?: string;
  /**
   * The id of the command that it answers.
   */
  reply_to?: string;
}
/**
 * What stands around the name and data of the relay's own messages.
 */
export interface RelayEnvelope {
  /**
   * When the relay wrote it.
   */
  timestamp: Timestamp;
  /**
   * The position behind it, where the client may come back to it.
   */
  id?: Position;
}
/**
 * The beginning of a connection, and the answer to the client's hello.
 */
export interface HelloData {
  /**
   * The subprotocol.
   */
  protocol: 'cecelia.v1';
  /**
   * The name of this connection.
   */
  connection: string;
  /**
   * The name of this run of the relay.
   */
  instance: string;
  /**
   * Recovered: the client's own position; otherwise that of the snapshot that follows.
   */
  position: Position;
  /**
   * The client gave a position.
   */
  wasRecovering: boolean;
  /**
   * The client gets all that it missed. If not, a snapshot follows, which replaces what it knew.
   */
  recovered: boolean;
  /**
   * Why not, where the client gave a position and is not recovered.
   */
  reason?: 'position_unknown' | 'position_ambiguous' | 'incomplete';
  /**
   * How many messages are given again; null unless recovered.
   */
  missed: number | null;
  /**
   * Milliseconds between two relay:ping; 0: there are none.
   */
  pingIntervalMs: number;
  /**
   * How the link to Redis stands.
   */
  link: LinkData;
  /**
   * Limits of what the client sends.
   */
  limits: LimitsData;
  /**
   * Names of the commands that the client may send, a single * for any; null: none, they are switched off, or the client reads an event stream.
   */
  commands: string[] | null;
}
/**
 * How the link to Redis stands.
 */
export interface LinkData {
  /**
   * live: all events arrive; degraded: some or all may not, or the state is not complete yet.
   */
  state: 'live' | 'degraded';
  /**
   * While degraded: up to when nothing is missing; null if no such time is known.
   */
  asOf?: Timestamp | null;
  /**
   * While degraded: how many milliseconds ago that was; null if no such time is known.
   */
  ageMs?: number | null;
  /**
   * While degraded: why, for people.
   */
  reason?: string | null;
}
/**
 * Limits of what a client sends.
 */
export interface LimitsData {
  /**
   * Most bytes of a message.
   */
  messageBytes: number;
  /**
   * Most messages and control frames in a second; 0: no limit.
   */
  messagesPerSecond: number;
}
/**
 * A part of the present state, which replaces what the client knew. A section that is empty is left out, and may go on in the next part.
 */
export interface SnapshotData {
  /**
   * Counted from 1; part 1 begins a new snapshot.
   */
  part: number;
  /**
   * There is no further part.
   */
  last: boolean;
  /**
   * Where the stream stood; null: not known.
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
 * A task of System A or B.
 */
export interface TaskEntity {
  /**
   * How much is done, in percent.
   */
  progress?: number;
  /**
   * The members of all events' data, the newest value of each.
   */
  data?: TaskData | BoardTaskData;
  /**
   * How it came to its status: the first step and the newest 31.
   */
  changes?: TaskChange[];
  /**
   * Within its section, for nodes together with execution_id and for agents with project_id; empty for the one of a publisher that names none.
   */
  id: string;
  /**
   * The project that it was last said to belong to.
   */
  project_id?: string;
  /**
   * The execution that it was last said to belong to.
   */
  execution_id?: string;
  /**
   * The newest status.
   */
  status?: string;
  /**
   * The newest time that a publisher gave; with undated, when the last event was received.
   */
  timestamp: Timestamp;
  /**
   * No publisher ever gave a time.
   */
  undated?: boolean;
  /**
   * When the last event was received.
   */
  received: Timestamp;
  /**
   * The publisher of the last event.
   */
  source?: string;
  /**
   * The last event's number within its source.
   */
  seq?: Count;
  /**
   * Something was too large to be kept.
   */
  truncated?: boolean;
  /**
   * It was last changed before a gap and had not ended, so it may have changed, or ended, since.
   */
  uncertain?: boolean;
}
/**
 * A step in a task's life.
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
   * When it happened; with undated, when the relay received it.
   */
  timestamp: Timestamp;
  /**
   * True: the publisher gave no time.
   */
  undated?: boolean;
  /**
   * When the relay heard of it.
   */
  received: Timestamp;
  /**
   * The publisher.
   */
  source?: string;
}
/**
 * An executor of System A, by its publisher's source.
 */
export interface ExecutorEntity {
  /**
   * The members of all events' data, the newest value of each.
   */
  data?: ExecutorData;
  /**
   * Within its section, for nodes together with execution_id and for agents with project_id; empty for the one of a publisher that names none.
   */
  id: string;
  /**
   * The project that it was last said to belong to.
   */
  project_id?: string;
  /**
   * The execution that it was last said to belong to.
   */
  execution_id?: string;
  /**
   * The newest status.
   */
  status?: string;
  /**
   * The newest time that a publisher gave; with undated, when the last event was received.
   */
  timestamp: Timestamp;
  /**
   * No publisher ever gave a time.
   */
  undated?: boolean;
  /**
   * When the last event was received.
   */
  received: Timestamp;
  /**
   * The publisher of the last event.
   */
  source?: string;
  /**
   * The last event's number within its source.
   */
  seq?: Count;
  /**
   * Something was too large to be kept.
   */
  truncated?: boolean;
  /**
   * It was last changed before a gap and had not ended, so it may have changed, or ended, since.
   */
  uncertain?: boolean;
}
/**
 * An execution of System C or D.
 */
export interface ExecutionEntity {
  /**
   * How much is done, in percent.
   */
  progress?: number | null;
  /**
   * What is being done, for people.
   */
  message?: string | null;
  /**
   * What came of it.
   */
  result?: {
    [k: string]: unknown;
  };
  /**
   * Why it failed.
   */
  error?: {
    [k: string]: unknown;
  };
  /**
   * How long it took, as the publisher says.
   */
  execution_time?: number | null;
  /**
   * When it began to run.
   */
  started?: Timestamp;
  /**
   * When it ended.
   */
  ended?: Timestamp;
  /**
   * Tokens that it used, the newest value of each.
   */
  usage?: TokenUsageData;
  /**
   * Within its section, for nodes together with execution_id and for agents with project_id; empty for the one of a publisher that names none.
   */
  id: string;
  /**
   * The project that it was last said to belong to.
   */
  project_id?: string;
  /**
   * The execution that it was last said to belong to.
   */
  execution_id?: string;
  /**
   * The newest status.
   */
  status?: string;
  /**
   * The newest time that a publisher gave; with undated, when the last event was received.
   */
  timestamp: Timestamp;
  /**
   * No publisher ever gave a time.
   */
  undated?: boolean;
  /**
   * When the last event was received.
   */
  received: Timestamp;
  /**
   * The publisher of the last event.
   */
  source?: string;
  /**
   * The last event's number within its source.
   */
  seq?: Count;
  /**
   * Something was too large to be kept.
   */
  truncated?: boolean;
  /**
   * It was last changed before a gap and had not ended, so it may have changed, or ended, since.
   */
  uncertain?: boolean;
}
/**
 * A workflow node of System D.
 */
export interface NodeEntity {
  /**
   * The members of all node_state_change events' data, the newest value of each.
   */
  data?: NodeStateData;
  /**
   * The place in the order in which the nodes of its execution were first heard of, from 1; the same for those that one event started together.
   */
  order?: Count;
  /**
   * When it began to run, or to stream text.
   */
  started?: Timestamp;
  /**
   * When it ended.
   */
  ended?: Timestamp;
  /**
   * The tail of its streamed text.
   */
  text?: string;
  /**
   * Bytes of all its streamed text, as it was written in JSON.
   */
  text_bytes?: Count;
  /**
   * Tokens that it used, the newest value of each.
   */
  usage?: TokenUsageData;
  /**
   * Why it failed.
   */
  error?: {
    [k: string]: unknown;
  };
  /**
   * Within its section, for nodes together with execution_id and for agents with project_id; empty for the one of a publisher that names none.
   */
  id: string;
  /**
   * The project that it was last said to belong to.
   */
  project_id?: string;
  /**
   * The execution that it was last said to belong to.
   */
  execution_id?: string;
  /**
   * The newest status.
   */
  status?: string;
  /**
   * The newest time that a publisher gave; with undated, when the last event was received.
   */
  timestamp: Timestamp;
  /**
   * No publisher ever gave a time.
   */
  undated?: boolean;
  /**
   * When the last event was received.
   */
  received: Timestamp;
  /**
   * The publisher of the last event.
   */
  source?: string;
  /**
   * The last event's number within its source.
   */
  seq?: Count;
  /**
   * Something was too large to be kept.
   */
  truncated?: boolean;
  /**
   * It was last changed before a gap and had not ended, so it may have changed, or ended, since.
   */
  uncertain?: boolean;
}
/**
 * An agent of System B.
 */
export interface AgentEntity {
  /**
   * The members of all events' data, the newest value of each.
   */
  data?: AgentData;
  /**
   * How many messages there were.
   */
  messages?: Count;
  /**
   * The data of the last of them.
   */
  last_message?: AgentMessageData;
  /**
   * Within its section, for nodes together with execution_id and for agents with project_id; empty for the one of a publisher that names none.
   */
  id: string;
  /**
   * The project that it was last said to belong to.
   */
  project_id?: string;
  /**
   * The execution that it was last said to belong to.
   */
  execution_id?: string;
  /**
   * The newest status.
   */
  status?: string;
  /**
   * The newest time that a publisher gave; with undated, when the last event was received.
   */
  timestamp: Timestamp;
  /**
   * No publisher ever gave a time.
   */
  undated?: boolean;
  /**
   * When the last event was received.
   */
  received: Timestamp;
  /**
   * The publisher of the last event.
   */
  source?: string;
  /**
   * The last event's number within its source.
   */
  seq?: Count;
  /**
   * Something was too large to be kept.
   */
  truncated?: boolean;
  /**
   * It was last changed before a gap and had not ended, so it may have changed, or ended, since.
   */
  uncertain?: boolean;
}
/**
 * A project of System B.
 */
export interface ProjectEntity {
  /**
   * The last file_locks_update.
   */
  locks?: LatestFileLocksData;
  /**
   * The last plan_generated.
   */
  plan?: LatestPlanData;
  /**
   * The last coordination_update.
   */
  coordination?: LatestCoordinationData;
  /**
   * Within its section, for nodes together with execution_id and for agents with project_id; empty for the one of a publisher that names none.
   */
  id: string;
  /**
   * The project that it was last said to belong to.
   */
  project_id?: string;
  /**
   * The execution that it was last said to belong to.
   */
  execution_id?: string;
  /**
   * The newest status.
   */
  status?: string;
  /**
   * The newest time that a publisher gave; with undated, when the last event was received.
   */
  timestamp: Timestamp;
  /**
   * No publisher ever gave a time.
   */
  undated?: boolean;
  /**
   * When the last event was received.
   */
  received: Timestamp;
  /**
   * The publisher of the last event.
   */
  source?: string;
  /**
   * The last event's number within its source.
   */
  seq?: Count;
  /**
   * Something was too large to be kept.
   */
  truncated?: boolean;
  /**
   * It was last changed before a gap and had not ended, so it may have changed, or ended, since.
   */
  uncertain?: boolean;
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
   * When it happened.
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
   * When it happened.
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
   * When it happened.
   */
  timestamp: Timestamp;
}
/**
 * Something may be missing here.
 */
export interface GapData {
  /**
   * Why something may be missing.
   */
  cause: 'redis_lost' | 'slow_client' | 'restart' | 'evicted' | 'publisher_gap' | 'publisher_restarted';
  /**
   * How many events are missing; null: not known.
   */
  missed: number | null;
  /**
   * From when on something may be missing; null: not known.
   */
  from: Timestamp | null;
  /**
   * Until when; null: not known.
   */
  to: Timestamp | null;
  /**
   * Whose events are missing, or which publisher counts again; with publisher_gap and publisher_restarted.
   */
  source?: string;
  /**
   * The first number that is missing; with publisher_gap.
   */
  fromSeq?: Count;
  /**
   * The last number that is missing; with publisher_gap.
   */
  toSeq?: Count;
}
/**
 * A sign of life; its id is where the stream stands.
 */
export interface PingData {}
/**
 * The client's command was published.
 */
export interface AckData {
  /**
   * The relay's id of the command, by which Brain may answer it.
   */
  id: string;
  /**
   * The client's own name for the command.
   */
  ref?: string;
  /**
   * How many Brains received it.
   */
  receivers: Count;
}
/**
 * The client's message could not be used.
 */
export interface RelayErrorData {
  /**
   * Why, as a word.
   */
  reason: ErrorReason;
  /**
   * Why, for people.
   */
  message: string;
  /**
   * The client's own name for the command that this is about.
   */
  ref?: string;
}
/**
 * The relay is about to close the connection.
 */
export interface ByeData {
  /**
   * Why.
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
    | 'finished';
  /**
   * The code of the close frame that follows.
   */
  code: number;
  /**
   * The client should come back.
   */
  reconnect: boolean;
  /**
   * After how many milliseconds it should; null where it should not.
   */
  retryAfterMs: number | null;
}
/**
 * How an execution stands, as System C's clients get it: all fields always, null where nothing is known.
 */
export interface ExecutionStatusMessage {
  /**
   * What kind of message this is.
   */
  type: 'status';
  /**
   * The execution.
   */
  execution_id: string;
  /**
   * How it stands.
   */
  status: 'pending' | 'running' | 'completed' | 'failed';
  /**
   * How much is done, in percent.
   */
  progress: number | null;
  /**
   * What is being done, for people.
   */
  message: string | null;
  /**
   * What came of it.
   */
  result: {
    [k: string]: unknown;
  };
  /**
   * Why it failed.
   */
  error: {
    [k: string]: unknown;
  };
  /**
   * How long it took, in seconds.
   */
  execution_time: number | null;
}
/**
 * Something went wrong, in the execution or with what the client sent.
 */
export interface ErrorMessage {
  /**
   * What kind of message this is.
   */
  type: 'error';
  /**
   * What went wrong, for people; null where the publisher does not say.
   */
  message: string | null;
  /**
   * Why, as a word, where the relay says this of itself.
   */
  reason?: ErrorReason;
  /**
   * The client's own name for the command that this is about.
   */
  ref?: string;
}
/**
 * How a node of the execution stands; with include=nodes.
 */
export interface ExecutionNodeMessage {
  /**
   * What kind of message this is.
   */
  type: 'node';
  /**
   * The execution.
   */
  execution_id: string;
  /**
   * The workflow node; left out where the event names none.
   */
  node_id?: Id;
  /**
   * The publisher's own word for how the node stands; null where it gives none.
   */
  status: string | null;
  /**
   * What happened.
   */
  data: OpenObject;
  /**
   * When it happened.
   */
  timestamp: Timestamp;
}
/**
 * A line of the execution's log; with include=logs.
 */
export interface ExecutionLogMessage {
  /**
   * What kind of message this is.
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
   * When it was written.
   */
  timestamp: Timestamp;
}
/**
 * The answer to a ping.
 */
export interface Pong {
  /**
   * What kind of message this is.
   */
  type: 'pong';
}
/**
 * The answer to a ping, to a client that reads event.
 */
export interface PongData {}
/**
 * The client's message could not be used, to a client that reads event: the data that an error event of System D has.
 */
export interface PlainErrorData {
  /**
   * Why, for people.
   */
  error: string;
  /**
   * Why, as a word.
   */
  reason: ErrorReason;
  /**
   * The client's own name for the command that this is about.
   */
  ref?: string;
}
/**
 * A sign of life, answered with a pong.
 */
export interface ClientPing {
  /**
   * What kind of message this is.
   */
  type: 'ping';
}
/**
 * A sign of life in the word of System D, answered with a pong.
 */
export interface ClientPingCommand {
  /**
   * What kind of message this is.
   */
  cmd: 'ping';
}
/**
 * Asks for a relay:hello, and for what was missed; in the subprotocol.
 */
export interface ClientHello {
  /**
   * What kind of message this is.
   */
  type: 'hello';
  /**
   * The newest id whose message the client has handled; without it a snapshot follows.
   */
  since?: Position;
}
/**
 * A command for Brain, in the words of System D.
 */
export interface ClientCommand {
  /**
   * The command's name, such as start_session, pause_session, resume_session or user_input.
   */
  cmd: CommandName;
  /**
   * What Brain should know; absent means {}.
   */
  data?: OpenObject;
  /**
   * The project that it is for.
   */
  project_id?: NonEmptyId | null;
  /**
   * The client's own name for this command, 1 to 64 bytes, which the answer repeats.
   */
  ref?: string | null;
  /**
   * Taken and passed over: the relay's own counts.
   */
  timestamp?: string | null;
}
/**
 * A command for Brain, in the words of System B.
 */
export interface ClientBoardCommand {
  /**
   * The command's name.
   */
  type: CommandName;
  /**
   * What Brain should know; absent means {}.
   */
  data?: OpenObject;
  /**
   * The project that it is for.
   */
  project_id?: NonEmptyId | null;
  /**
   * The client's own name for this command, 1 to 64 bytes, which the answer repeats.
   */
  ref?: string | null;
  /**
   * Taken and passed over: the relay's own counts.
   */
  timestamp?: string | null;
}
/**
 * The present state, as GET /api/v1/state answers.
 */
export interface StateAnswer {
  /**
   * Where the stream stood: a client that connects with it as since gets everything after.
   */
  position: Position;
  /**
   * When the relay wrote this.
   */
  timestamp: Timestamp;
  /**
   * How the link to Redis stands.
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
 * Why a request was refused.
 */
export interface Refusal {
  /**
   * Why, as a word.
   */
  error: RefusalWord;
  /**
   * Why, for people.
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
  'relay:state',
  'relay:ping',
  'relay:ack',
  'relay:error',
  'relay:bye',
] as const satisfies readonly RelayMessage['event'][];
