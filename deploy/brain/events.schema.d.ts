// Written from events.schema.json by contracts.js. Do not edit.

/** The data of each event that the relay knows, by its name. */
export interface Events {
  /** An agent has sent a message. */
  'agent_messages': AgentMessageData;
  /** An agent was started. */
  'agent_spawned': AgentData;
  /** An agent has another status. */
  'agent_status_update': AgentData;
  /** Agents work together in another way. */
  'coordination_update': CoordinationData;
  /** Something went wrong. Without data, its fields stand in the envelope. */
  'error': ErrorData;
  /** An execution has ended well. */
  'execution:completed': ExecutionStepData;
  /** An execution waits. */
  'execution:paused': ExecutionStepData;
  /** The executor has other slots free than before. */
  'executor:status': ExecutorData;
  /** Files were locked or unlocked. */
  'file_locks_update': FileLocksData;
  /** A line was written to a log. */
  'log': LogData;
  /** Several nodes run at once. */
  'node:parallel_start': ParallelStartData;
  /** A node has another state. */
  'node_state_change': NodeStateData;
  /** People should see something. */
  'notification': NotificationData;
  /** There is a plan for a project. */
  'plan_generated': PlanData;
  /** An execution stands otherwise. Without data, its fields stand in the envelope. */
  'status': ExecutionStatusData;
  /** A task has ended well. */
  'task:completed': TaskData;
  /** A task is there, and waits. */
  'task:created': TaskData;
  /** A task has failed. */
  'task:failed': TaskData;
  /** A task has come further. */
  'task:progress': TaskData;
  /** A task runs. */
  'task:started': TaskData;
  /** A board has a new task. */
  'task_created': BoardTaskData;
  /** A board's task is gone. */
  'task_deleted': BoardTaskDeletedData;
  /** A board's task has another status. */
  'task_status_changed': BoardTaskData;
  /** A board's task was changed. */
  'task_updated': BoardTaskData;
  /** The tasks of a board are gone. */
  'tasks_reset': BoardResetData;
  /** A node has written more text. */
  'token_stream': TokenStreamData;
  /** Tokens were used. */
  'token_usage': TokenUsageData;
  /** Of a name that the schema does not know the data is not checked. */
  'execution:resumed': { [field: string]: unknown };
  'command:done': { [field: string]: unknown };
}

/** One of System B's agents. */
export interface AgentData {
  /** The agent. */
  agent_id?: Id | null;
  /** agent_id in its second spelling. */
  agentId?: Id | null;
  /** The agent, where there is neither of these. */
  id?: Id | null;
  /** What the agent is called, for people. */
  name?: string | null;
  /** The board's own word for how the agent stands. */
  status?: string | null;
  /** The task that the event is about; what a filter by task goes by. */
  taskId?: Id | null;
  /** taskId in its second spelling. */
  task_id?: Id | null;
  /** The project that the event belongs to, where the envelope names none. */
  project_id?: Id | null;
  /** project_id in its second spelling. */
  projectId?: Id | null;
  /** The execution that the event belongs to, where the envelope names none. */
  execution_id?: Id | null;
  /** execution_id in its second spelling. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** A message from one agent to another. */
export interface AgentMessageData {
  /** The agent whose messages these are. */
  agent_id?: Id | null;
  /** agent_id in its second spelling. */
  agentId?: Id | null;
  /** The message's own id. */
  id?: Id | null;
  /** The agent that sent it. */
  from?: Id | null;
  /** The agent that it is for. */
  to?: Id | null;
  /** The message. */
  content?: unknown;
  /** The task that the event is about; what a filter by task goes by. */
  taskId?: Id | null;
  /** taskId in its second spelling. */
  task_id?: Id | null;
  /** The project that the event belongs to, where the envelope names none. */
  project_id?: Id | null;
  /** project_id in its second spelling. */
  projectId?: Id | null;
  /** The execution that the event belongs to, where the envelope names none. */
  execution_id?: Id | null;
  /** execution_id in its second spelling. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** All tasks of the event's project are gone, or all there are if it names none. */
export interface BoardResetData {
  /** The task that the event is about; what a filter by task goes by. */
  taskId?: Id | null;
  /** taskId in its second spelling. */
  task_id?: Id | null;
  /** The project that the event belongs to, where the envelope names none. */
  project_id?: Id | null;
  /** project_id in its second spelling. */
  projectId?: Id | null;
  /** The execution that the event belongs to, where the envelope names none. */
  execution_id?: Id | null;
  /** execution_id in its second spelling. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** A task on one of System B's boards. */
export interface BoardTaskData {
  /** The task, where there is no taskId. */
  id?: Id | null;
  /** What the task is called, for people. */
  title?: string | null;
  /** What is to be done, for people. */
  description?: string | null;
  /** The board's own word for how the task stands. */
  status?: string | null;
  /** How much is done, in percent. */
  progress?: number | null;
  /** The agent that works on it. */
  agent_id?: Id | null;
  /** The task that the event is about; what a filter by task goes by. */
  taskId?: Id | null;
  /** taskId in its second spelling. */
  task_id?: Id | null;
  /** The project that the event belongs to, where the envelope names none. */
  project_id?: Id | null;
  /** project_id in its second spelling. */
  projectId?: Id | null;
  /** The execution that the event belongs to, where the envelope names none. */
  execution_id?: Id | null;
  /** execution_id in its second spelling. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** A task that is gone from its board. */
export interface BoardTaskDeletedData {
  /** The task, where there is no taskId. */
  id?: Id | null;
  /** The task that the event is about; what a filter by task goes by. */
  taskId?: Id | null;
  /** taskId in its second spelling. */
  task_id?: Id | null;
  /** The project that the event belongs to, where the envelope names none. */
  project_id?: Id | null;
  /** project_id in its second spelling. */
  projectId?: Id | null;
  /** The execution that the event belongs to, where the envelope names none. */
  execution_id?: Id | null;
  /** execution_id in its second spelling. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** How the agents of a project work together. Brain's own shape. */
export interface CoordinationData {
  /** What changed, for people. */
  message?: string | null;
  /** The task that the event is about; what a filter by task goes by. */
  taskId?: Id | null;
  /** taskId in its second spelling. */
  task_id?: Id | null;
  /** The project that the event belongs to, where the envelope names none. */
  project_id?: Id | null;
  /** project_id in its second spelling. */
  projectId?: Id | null;
  /** The execution that the event belongs to, where the envelope names none. */
  execution_id?: Id | null;
  /** execution_id in its second spelling. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** A whole number from 0 to 2^63 - 1. */
export type Count = number;

/** What went wrong, in an execution or in one of its nodes. */
export interface ErrorData {
  /** What went wrong (System D). */
  error?: unknown;
  /** What went wrong (System C). */
  message?: string | null;
  /** The workflow node that failed, where the envelope names none. */
  node_id?: Id | null;
  /** node_id in its second spelling. */
  nodeId?: Id | null;
  /** The task that the event is about; what a filter by task goes by. */
  taskId?: Id | null;
  /** taskId in its second spelling. */
  task_id?: Id | null;
  /** The project that the event belongs to, where the envelope names none. */
  project_id?: Id | null;
  /** project_id in its second spelling. */
  projectId?: Id | null;
  /** The execution that the event belongs to, where the envelope names none. */
  execution_id?: Id | null;
  /** execution_id in its second spelling. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** How one of System C's executions stands. */
export interface ExecutionStatusData {
  /** How it stands. */
  status?: 'pending' | 'running' | 'completed' | 'failed' | null;
  /** How much is done, in percent. */
  progress?: number | null;
  /** What is being done, for people. */
  message?: string | null;
  /** What came of it. */
  result?: unknown;
  /** Why it failed. */
  error?: unknown;
  /** How long it took, in the publisher's own unit; System C's is seconds. */
  execution_time?: number | null;
  /** The task that the event is about; what a filter by task goes by. */
  taskId?: Id | null;
  /** taskId in its second spelling. */
  task_id?: Id | null;
  /** The project that the event belongs to, where the envelope names none. */
  project_id?: Id | null;
  /** project_id in its second spelling. */
  projectId?: Id | null;
  /** The execution that the event belongs to, where the envelope names none. */
  execution_id?: Id | null;
  /** execution_id in its second spelling. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** How one of System D's executions stands; the event's name says which word it is, unless status does. */
export interface ExecutionStepData {
  /** How it stands, in the publisher's own word. */
  status?: string | null;
  /** How much is done, in percent. */
  progress?: number | null;
  /** What is being done, for people. */
  message?: string | null;
  /** What came of it. */
  result?: unknown;
  /** Why it failed. */
  error?: unknown;
  /** How long it took, in the publisher's own unit; System C's is seconds. */
  execution_time?: number | null;
  /** The task that the event is about; what a filter by task goes by. */
  taskId?: Id | null;
  /** taskId in its second spelling. */
  task_id?: Id | null;
  /** The project that the event belongs to, where the envelope names none. */
  project_id?: Id | null;
  /** project_id in its second spelling. */
  projectId?: Id | null;
  /** The execution that the event belongs to, where the envelope names none. */
  execution_id?: Id | null;
  /** execution_id in its second spelling. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** How System A's executor stands. */
export interface ExecutorData {
  /** Tasks that it is running. */
  activeCount?: Count | null;
  /** Tasks that it could run beside those. */
  availableSlots?: Count | null;
  /** The task that the event is about; what a filter by task goes by. */
  taskId?: Id | null;
  /** taskId in its second spelling. */
  task_id?: Id | null;
  /** The project that the event belongs to, where the envelope names none. */
  project_id?: Id | null;
  /** project_id in its second spelling. */
  projectId?: Id | null;
  /** The execution that the event belongs to, where the envelope names none. */
  execution_id?: Id | null;
  /** execution_id in its second spelling. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** Which files of a project are locked, and by whom. */
export interface FileLocksData {
  /** The locks, in Brain's own shape. */
  locks?: unknown;
  /** The task that the event is about; what a filter by task goes by. */
  taskId?: Id | null;
  /** taskId in its second spelling. */
  task_id?: Id | null;
  /** The project that the event belongs to, where the envelope names none. */
  project_id?: Id | null;
  /** project_id in its second spelling. */
  projectId?: Id | null;
  /** The execution that the event belongs to, where the envelope names none. */
  execution_id?: Id | null;
  /** execution_id in its second spelling. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** An id: text of at most 256 bytes of UTF-8, or an integer. */
export type Id = string | number;

/** A line of a log. */
export interface LogData {
  /** How much it matters, such as info, warning or error. */
  level?: string | null;
  /** The line. */
  message?: string | null;
  /** The workflow node that it comes from, where the envelope names none. */
  node_id?: string | null;
  /** The task that the event is about; what a filter by task goes by. */
  taskId?: Id | null;
  /** taskId in its second spelling. */
  task_id?: Id | null;
  /** The project that the event belongs to, where the envelope names none. */
  project_id?: Id | null;
  /** project_id in its second spelling. */
  projectId?: Id | null;
  /** The execution that the event belongs to, where the envelope names none. */
  execution_id?: Id | null;
  /** execution_id in its second spelling. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** Workflow nodes, each by its id or as an object that has it as node_id, nodeId or id. */
export type NodeList = (string | number | { [field: string]: unknown })[];

/** A node has another state. */
export interface NodeStateData {
  /** The publisher's own word for how the node stands. */
  status?: string | null;
  /** The same, where there is no status. */
  state?: string | null;
  /** The workflow node, where the envelope names none. */
  node_id?: Id | null;
  /** node_id in its second spelling. */
  nodeId?: Id | null;
  /** The task that the event is about; what a filter by task goes by. */
  taskId?: Id | null;
  /** taskId in its second spelling. */
  task_id?: Id | null;
  /** The project that the event belongs to, where the envelope names none. */
  project_id?: Id | null;
  /** project_id in its second spelling. */
  projectId?: Id | null;
  /** The execution that the event belongs to, where the envelope names none. */
  execution_id?: Id | null;
  /** execution_id in its second spelling. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** Something that people should see. */
export interface NotificationData {
  /** How much it matters, such as info, warning or error. */
  level?: string | null;
  /** What it is about. */
  title?: string | null;
  /** What there is to say. */
  message?: string | null;
  /** The task that the event is about; what a filter by task goes by. */
  taskId?: Id | null;
  /** taskId in its second spelling. */
  task_id?: Id | null;
  /** The project that the event belongs to, where the envelope names none. */
  project_id?: Id | null;
  /** project_id in its second spelling. */
  projectId?: Id | null;
  /** The execution that the event belongs to, where the envelope names none. */
  execution_id?: Id | null;
  /** execution_id in its second spelling. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** Several nodes have started at once, beside the node of the event itself. */
export interface ParallelStartData {
  /** Nodes that have started. */
  node_ids?: NodeList | null;
  /** Nodes that have started. */
  nodes?: NodeList | null;
  /** Nodes that have started. */
  branches?: NodeList | null;
  /** The workflow node, where the envelope names none. */
  node_id?: Id | null;
  /** node_id in its second spelling. */
  nodeId?: Id | null;
  /** The task that the event is about; what a filter by task goes by. */
  taskId?: Id | null;
  /** taskId in its second spelling. */
  task_id?: Id | null;
  /** The project that the event belongs to, where the envelope names none. */
  project_id?: Id | null;
  /** project_id in its second spelling. */
  projectId?: Id | null;
  /** The execution that the event belongs to, where the envelope names none. */
  execution_id?: Id | null;
  /** execution_id in its second spelling. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** A plan for a project. */
export interface PlanData {
  /** The plan, in Brain's own shape. */
  plan?: unknown;
  /** The task that the event is about; what a filter by task goes by. */
  taskId?: Id | null;
  /** taskId in its second spelling. */
  task_id?: Id | null;
  /** The project that the event belongs to, where the envelope names none. */
  project_id?: Id | null;
  /** project_id in its second spelling. */
  projectId?: Id | null;
  /** The execution that the event belongs to, where the envelope names none. */
  execution_id?: Id | null;
  /** execution_id in its second spelling. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** What System A tells of a task. */
export interface TaskData {
  /** The task; what a filter by task goes by. */
  taskId?: string | null;
  /** taskId in its second spelling. */
  task_id?: string | null;
  /** The run of the task, of which a task that is tried again has several. */
  runId?: string | null;
  /** How the task stands. */
  status?: 'queued' | 'running' | 'completed' | 'failed' | null;
  /** How much is done, in percent. */
  progress?: number | null;
  /** What the task is called, for people. */
  title?: string | null;
  /** Why it failed, for people. */
  error?: string | null;
  /** The project that the event belongs to, where the envelope names none. */
  project_id?: Id | null;
  /** project_id in its second spelling. */
  projectId?: Id | null;
  /** The execution that the event belongs to, where the envelope names none. */
  execution_id?: Id | null;
  /** execution_id in its second spelling. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** The next piece of a node's streamed text, under one of five names; the first of these that is there counts. */
export interface TokenStreamData {
  /** The piece. */
  token?: string | null;
  /** The piece, if there is none before this. */
  content?: string | null;
  /** The piece, if there is none before this. */
  chunk?: string | null;
  /** The piece, if there is none before this. */
  text?: string | null;
  /** The piece, if there is none before this. */
  delta?: string | null;
  /** Only from the relay, to a client that fell behind: the text of so many events, in one. */
  merged?: Count | null;
  /** Only from the relay, with merged: the beginning of that text is gone. */
  truncated?: boolean | null;
  /** The workflow node, where the envelope names none. */
  node_id?: Id | null;
  /** node_id in its second spelling. */
  nodeId?: Id | null;
  /** The task that the event is about; what a filter by task goes by. */
  taskId?: Id | null;
  /** taskId in its second spelling. */
  task_id?: Id | null;
  /** The project that the event belongs to, where the envelope names none. */
  project_id?: Id | null;
  /** project_id in its second spelling. */
  projectId?: Id | null;
  /** The execution that the event belongs to, where the envelope names none. */
  execution_id?: Id | null;
  /** execution_id in its second spelling. */
  executionId?: Id | null;
  [field: string]: unknown;
}

/** Tokens that a node has used, or a whole execution if no node is named. */
export interface TokenUsageData {
  /** Tokens that went in. */
  prompt_tokens?: number | null;
  /** Tokens that came out. */
  completion_tokens?: number | null;
  /** Both together. */
  total_tokens?: number | null;
  /** The workflow node, where the envelope names none. */
  node_id?: Id | null;
  /** node_id in its second spelling. */
  nodeId?: Id | null;
  /** The task that the event is about; what a filter by task goes by. */
  taskId?: Id | null;
  /** taskId in its second spelling. */
  task_id?: Id | null;
  /** The project that the event belongs to, where the envelope names none. */
  project_id?: Id | null;
  /** project_id in its second spelling. */
  projectId?: Id | null;
  /** The execution that the event belongs to, where the envelope names none. */
  execution_id?: Id | null;
  /** execution_id in its second spelling. */
  executionId?: Id | null;
  [field: string]: unknown;
}
