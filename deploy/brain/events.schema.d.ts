// Written from events.schema.json by contracts.js. Do not edit.

/** The data of each event that the relay recognizes, by its name. */
export interface Events {
  /** An agent sent a message. */
  'agent_messages': AgentMessageData;
  /** An agent was started. */
  'agent_spawned': AgentData;
  /** The status of an agent changed. */
  'agent_status_update': AgentData;
  /** The coordination of the agents changed. */
  'coordination_update': CoordinationData;
  /** An error. Without data, the fields are in the envelope. */
  'error': ErrorData;
  /** An execution completed. */
  'execution:completed': ExecutionStepData;
  /** An execution was paused. */
  'execution:paused': ExecutionStepData;
  /** The number of free slots of the executor changed. */
  'executor:status': ExecutorData;
  /** Files were locked or unlocked. */
  'file_locks_update': FileLocksData;
  /** A line was written to a log. */
  'log': LogData;
  /** Several nodes were started in parallel. */
  'node:parallel_start': ParallelStartData;
  /** The state of a node changed. */
  'node_state_change': NodeStateData;
  /** A notification for users. */
  'notification': NotificationData;
  /** A plan was generated for a project. */
  'plan_generated': PlanData;
  /** The status of an execution changed. Without data, the fields are in the envelope. */
  'status': ExecutionStatusData;
  /** A task completed. */
  'task:completed': TaskData;
  /** A task was created and is waiting to run. */
  'task:created': TaskData;
  /** A task failed. */
  'task:failed': TaskData;
  /** A task made progress. */
  'task:progress': TaskData;
  /** A task started to run. */
  'task:started': TaskData;
  /** A task was created on a board. */
  'task_created': BoardTaskData;
  /** A task was deleted from a board. */
  'task_deleted': BoardTaskDeletedData;
  /** The status of a task on a board changed. */
  'task_status_changed': BoardTaskData;
  /** A task on a board changed. */
  'task_updated': BoardTaskData;
  /** All tasks of a board were removed. */
  'tasks_reset': BoardResetData;
  /** A node produced more text. */
  'token_stream': TokenStreamData;
  /** Token usage was reported. */
  'token_usage': TokenUsageData;
  /** The data of a name that the schema does not contain is not checked. */
  'execution:resumed': { [field: string]: unknown };
  'execution:cancelled': { [field: string]: unknown };
  'task:cancelled': { [field: string]: unknown };
  'command:done': { [field: string]: unknown };
}

/** An agent in the TaskTree format. */
export interface AgentData {
  /** The agent. */
  agent_id?: Id | null;
  /** Alternative spelling of agent_id. */
  agentId?: Id | null;
  /** The agent, if neither of these is present. */
  id?: Id | null;
  /** Display name of the agent. */
  name?: string | null;
  /** The agent's status as given by the board. */
  status?: string | null;
  /** The task that the event belongs to; used by the task filter. */
  taskId?: Id | null;
  /** Alternative spelling of taskId. */
  task_id?: Id | null;
  /** The project that the event belongs to, if the envelope names none. */
  project_id?: Id | null;
  /** Alternative spelling of project_id. */
  projectId?: Id | null;
  /** The execution that the event belongs to, if the envelope names none. */
  execution_id?: Id | null;
  /** Alternative spelling of execution_id. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** A message from one agent to another. */
export interface AgentMessageData {
  /** The agent whose messages these are. */
  agent_id?: Id | null;
  /** Alternative spelling of agent_id. */
  agentId?: Id | null;
  /** The message's own id. */
  id?: Id | null;
  /** The agent that sent it. */
  from?: Id | null;
  /** The agent that it is addressed to. */
  to?: Id | null;
  /** The message. */
  content?: unknown;
  /** The task that the event belongs to; used by the task filter. */
  taskId?: Id | null;
  /** Alternative spelling of taskId. */
  task_id?: Id | null;
  /** The project that the event belongs to, if the envelope names none. */
  project_id?: Id | null;
  /** Alternative spelling of project_id. */
  projectId?: Id | null;
  /** The execution that the event belongs to, if the envelope names none. */
  execution_id?: Id | null;
  /** Alternative spelling of execution_id. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** All tasks of the event's project were removed, or all tasks if it names no project. */
export interface BoardResetData {
  /** The task that the event belongs to; used by the task filter. */
  taskId?: Id | null;
  /** Alternative spelling of taskId. */
  task_id?: Id | null;
  /** The project that the event belongs to, if the envelope names none. */
  project_id?: Id | null;
  /** Alternative spelling of project_id. */
  projectId?: Id | null;
  /** The execution that the event belongs to, if the envelope names none. */
  execution_id?: Id | null;
  /** Alternative spelling of execution_id. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** A task on a project board of the TaskTree format. */
export interface BoardTaskData {
  /** The task, if there is no taskId. */
  id?: Id | null;
  /** Title of the task. */
  title?: string | null;
  /** Description of the work. */
  description?: string | null;
  /** The task's status as given by the board. */
  status?: string | null;
  /** Progress in percent. */
  progress?: number | null;
  /** The agent assigned to the task. */
  agent_id?: Id | null;
  /** The task that the event belongs to; used by the task filter. */
  taskId?: Id | null;
  /** Alternative spelling of taskId. */
  task_id?: Id | null;
  /** The project that the event belongs to, if the envelope names none. */
  project_id?: Id | null;
  /** Alternative spelling of project_id. */
  projectId?: Id | null;
  /** The execution that the event belongs to, if the envelope names none. */
  execution_id?: Id | null;
  /** Alternative spelling of execution_id. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** A task was removed from its board. */
export interface BoardTaskDeletedData {
  /** The task, if there is no taskId. */
  id?: Id | null;
  /** The task that the event belongs to; used by the task filter. */
  taskId?: Id | null;
  /** Alternative spelling of taskId. */
  task_id?: Id | null;
  /** The project that the event belongs to, if the envelope names none. */
  project_id?: Id | null;
  /** Alternative spelling of project_id. */
  projectId?: Id | null;
  /** The execution that the event belongs to, if the envelope names none. */
  execution_id?: Id | null;
  /** Alternative spelling of execution_id. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** The coordination of a project's agents, in a format defined by Brain. */
export interface CoordinationData {
  /** Description of the change. */
  message?: string | null;
  /** The task that the event belongs to; used by the task filter. */
  taskId?: Id | null;
  /** Alternative spelling of taskId. */
  task_id?: Id | null;
  /** The project that the event belongs to, if the envelope names none. */
  project_id?: Id | null;
  /** Alternative spelling of project_id. */
  projectId?: Id | null;
  /** The execution that the event belongs to, if the envelope names none. */
  execution_id?: Id | null;
  /** Alternative spelling of execution_id. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** A whole number from 0 to 2^63 - 1. */
export type Count = number;

/** An error in an execution or in one of its nodes. */
export interface ErrorData {
  /** Error message (Workflow format). */
  error?: unknown;
  /** Error message (Execution format). */
  message?: string | null;
  /** The workflow node that failed, if the envelope names none. */
  node_id?: Id | null;
  /** Alternative spelling of node_id. */
  nodeId?: Id | null;
  /** The task that the event belongs to; used by the task filter. */
  taskId?: Id | null;
  /** Alternative spelling of taskId. */
  task_id?: Id | null;
  /** The project that the event belongs to, if the envelope names none. */
  project_id?: Id | null;
  /** Alternative spelling of project_id. */
  projectId?: Id | null;
  /** The execution that the event belongs to, if the envelope names none. */
  execution_id?: Id | null;
  /** Alternative spelling of execution_id. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** The status of an execution in the Execution format. */
export interface ExecutionStatusData {
  /** Current status. */
  status?: 'pending' | 'running' | 'completed' | 'failed' | null;
  /** Progress in percent. */
  progress?: number | null;
  /** Description of the current activity. */
  message?: string | null;
  /** Result. */
  result?: unknown;
  /** Reason for the failure. */
  error?: unknown;
  /** Duration in the publisher's unit; the Execution format uses seconds. */
  execution_time?: number | null;
  /** The task that the event belongs to; used by the task filter. */
  taskId?: Id | null;
  /** Alternative spelling of taskId. */
  task_id?: Id | null;
  /** The project that the event belongs to, if the envelope names none. */
  project_id?: Id | null;
  /** Alternative spelling of project_id. */
  projectId?: Id | null;
  /** The execution that the event belongs to, if the envelope names none. */
  execution_id?: Id | null;
  /** Alternative spelling of execution_id. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** The status of an execution in the Workflow format. It follows from the event's name unless status is given. */
export interface ExecutionStepData {
  /** Its status as given by the publisher. */
  status?: string | null;
  /** Progress in percent. */
  progress?: number | null;
  /** Description of the current activity. */
  message?: string | null;
  /** Result. */
  result?: unknown;
  /** Reason for the failure. */
  error?: unknown;
  /** Duration in the publisher's unit; the Execution format uses seconds. */
  execution_time?: number | null;
  /** The task that the event belongs to; used by the task filter. */
  taskId?: Id | null;
  /** Alternative spelling of taskId. */
  task_id?: Id | null;
  /** The project that the event belongs to, if the envelope names none. */
  project_id?: Id | null;
  /** Alternative spelling of project_id. */
  projectId?: Id | null;
  /** The execution that the event belongs to, if the envelope names none. */
  execution_id?: Id | null;
  /** Alternative spelling of execution_id. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** The state of the executor in the Cecelia format. */
export interface ExecutorData {
  /** Number of running tasks. */
  activeCount?: Count | null;
  /** Number of further tasks that it could run. */
  availableSlots?: Count | null;
  /** The task that the event belongs to; used by the task filter. */
  taskId?: Id | null;
  /** Alternative spelling of taskId. */
  task_id?: Id | null;
  /** The project that the event belongs to, if the envelope names none. */
  project_id?: Id | null;
  /** Alternative spelling of project_id. */
  projectId?: Id | null;
  /** The execution that the event belongs to, if the envelope names none. */
  execution_id?: Id | null;
  /** Alternative spelling of execution_id. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** The locked files of a project and the holders of the locks. */
export interface FileLocksData {
  /** The locks, in a format defined by Brain. */
  locks?: unknown;
  /** The task that the event belongs to; used by the task filter. */
  taskId?: Id | null;
  /** Alternative spelling of taskId. */
  task_id?: Id | null;
  /** The project that the event belongs to, if the envelope names none. */
  project_id?: Id | null;
  /** Alternative spelling of project_id. */
  projectId?: Id | null;
  /** The execution that the event belongs to, if the envelope names none. */
  execution_id?: Id | null;
  /** Alternative spelling of execution_id. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** An id: text of at most 256 bytes of UTF-8, or an integer. */
export type Id = string | number;

/** A line of a log. */
export interface LogData {
  /** Severity, such as info, warning or error. */
  level?: string | null;
  /** The line. */
  message?: string | null;
  /** The workflow node that it comes from, if the envelope names none. */
  node_id?: string | null;
  /** The task that the event belongs to; used by the task filter. */
  taskId?: Id | null;
  /** Alternative spelling of taskId. */
  task_id?: Id | null;
  /** The project that the event belongs to, if the envelope names none. */
  project_id?: Id | null;
  /** Alternative spelling of project_id. */
  projectId?: Id | null;
  /** The execution that the event belongs to, if the envelope names none. */
  execution_id?: Id | null;
  /** Alternative spelling of execution_id. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** Workflow nodes: ids, or objects with the id as node_id, nodeId or id. */
export type NodeList = (string | number | { [field: string]: unknown })[];

/** The state of a node changed. */
export interface NodeStateData {
  /** The node's status as given by the publisher. */
  status?: string | null;
  /** The status, if there is no status field. */
  state?: string | null;
  /** The workflow node, if the envelope names none. */
  node_id?: Id | null;
  /** Alternative spelling of node_id. */
  nodeId?: Id | null;
  /** The task that the event belongs to; used by the task filter. */
  taskId?: Id | null;
  /** Alternative spelling of taskId. */
  task_id?: Id | null;
  /** The project that the event belongs to, if the envelope names none. */
  project_id?: Id | null;
  /** Alternative spelling of project_id. */
  projectId?: Id | null;
  /** The execution that the event belongs to, if the envelope names none. */
  execution_id?: Id | null;
  /** Alternative spelling of execution_id. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** A notification for users. */
export interface NotificationData {
  /** Severity, such as info, warning or error. */
  level?: string | null;
  /** Subject. */
  title?: string | null;
  /** Message text. */
  message?: string | null;
  /** The task that the event belongs to; used by the task filter. */
  taskId?: Id | null;
  /** Alternative spelling of taskId. */
  task_id?: Id | null;
  /** The project that the event belongs to, if the envelope names none. */
  project_id?: Id | null;
  /** Alternative spelling of project_id. */
  projectId?: Id | null;
  /** The execution that the event belongs to, if the envelope names none. */
  execution_id?: Id | null;
  /** Alternative spelling of execution_id. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** Several nodes were started in parallel, in addition to the node of the event itself. */
export interface ParallelStartData {
  /** Nodes that were started. */
  node_ids?: NodeList | null;
  /** Nodes that were started. */
  nodes?: NodeList | null;
  /** Nodes that were started. */
  branches?: NodeList | null;
  /** The workflow node, if the envelope names none. */
  node_id?: Id | null;
  /** Alternative spelling of node_id. */
  nodeId?: Id | null;
  /** The task that the event belongs to; used by the task filter. */
  taskId?: Id | null;
  /** Alternative spelling of taskId. */
  task_id?: Id | null;
  /** The project that the event belongs to, if the envelope names none. */
  project_id?: Id | null;
  /** Alternative spelling of project_id. */
  projectId?: Id | null;
  /** The execution that the event belongs to, if the envelope names none. */
  execution_id?: Id | null;
  /** Alternative spelling of execution_id. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** A plan for a project. */
export interface PlanData {
  /** The plan, in a format defined by Brain. */
  plan?: unknown;
  /** The task that the event belongs to; used by the task filter. */
  taskId?: Id | null;
  /** Alternative spelling of taskId. */
  task_id?: Id | null;
  /** The project that the event belongs to, if the envelope names none. */
  project_id?: Id | null;
  /** Alternative spelling of project_id. */
  projectId?: Id | null;
  /** The execution that the event belongs to, if the envelope names none. */
  execution_id?: Id | null;
  /** Alternative spelling of execution_id. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** A task as reported in the Cecelia format. */
export interface TaskData {
  /** The task; used by the task filter. */
  taskId?: string | null;
  /** Alternative spelling of taskId. */
  task_id?: string | null;
  /** The run of the task. A task that is retried has several runs. */
  runId?: string | null;
  /** Current status of the task. */
  status?: 'queued' | 'running' | 'completed' | 'failed' | null;
  /** Progress in percent. */
  progress?: number | null;
  /** Title of the task. */
  title?: string | null;
  /** Reason of the failure, as text. */
  error?: string | null;
  /** The project that the event belongs to, if the envelope names none. */
  project_id?: Id | null;
  /** Alternative spelling of project_id. */
  projectId?: Id | null;
  /** The execution that the event belongs to, if the envelope names none. */
  execution_id?: Id | null;
  /** Alternative spelling of execution_id. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** The next piece of a node's streamed text, under one of five names; the first one present is used. */
export interface TokenStreamData {
  /** The piece. */
  token?: string | null;
  /** The piece, if none of the names before this one is present. */
  content?: string | null;
  /** The piece, if none of the names before this one is present. */
  chunk?: string | null;
  /** The piece, if none of the names before this one is present. */
  text?: string | null;
  /** The piece, if none of the names before this one is present. */
  delta?: string | null;
  /** Set only by the relay, for a client that fell behind: the number of events whose text is merged in this one. */
  merged?: Count | null;
  /** Set only by the relay, together with merged: the beginning of the text was discarded. */
  truncated?: boolean | null;
  /** The workflow node, if the envelope names none. */
  node_id?: Id | null;
  /** Alternative spelling of node_id. */
  nodeId?: Id | null;
  /** The task that the event belongs to; used by the task filter. */
  taskId?: Id | null;
  /** Alternative spelling of taskId. */
  task_id?: Id | null;
  /** The project that the event belongs to, if the envelope names none. */
  project_id?: Id | null;
  /** Alternative spelling of project_id. */
  projectId?: Id | null;
  /** The execution that the event belongs to, if the envelope names none. */
  execution_id?: Id | null;
  /** Alternative spelling of execution_id. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** Tokens used by a node, or by a whole execution if no node is named. */
export interface TokenUsageData {
  /** Number of input tokens. */
  prompt_tokens?: number | null;
  /** Number of output tokens. */
  completion_tokens?: number | null;
  /** Total number of tokens. */
  total_tokens?: number | null;
  /** The workflow node, if the envelope names none. */
  node_id?: Id | null;
  /** Alternative spelling of node_id. */
  nodeId?: Id | null;
  /** The task that the event belongs to; used by the task filter. */
  taskId?: Id | null;
  /** Alternative spelling of taskId. */
  task_id?: Id | null;
  /** The project that the event belongs to, if the envelope names none. */
  project_id?: Id | null;
  /** Alternative spelling of project_id. */
  projectId?: Id | null;
  /** The execution that the event belongs to, if the envelope names none. */
  execution_id?: Id | null;
  /** Alternative spelling of execution_id. */
  executionId?: Id | null;
  [field: string]: unknown;
}
