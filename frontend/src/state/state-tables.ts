import type {
  AgentEntity,
  CeceliaEvent,
  ExecutionEntity,
  ExecutorEntity,
  NodeEntity,
  ProjectEntity,
  SnapshotData,
  TaskEntity,
} from '../types/messages';
import { type ReductionInput, toReductionInput } from './reduction-input';
import { type Entity, EntityTable, type Row } from './entity-table';
import { entityKey, type SectionName, type Sections } from './live-view';
import { NodeOrders } from './node-orders';
import { NodeTexts } from './node-texts';
import { reduceAgent, reduceExecutor, reduceMessages, reduceProject } from './reduce-projects';
import { reduceExecution, reduceExecutionUsage, reduceNamedExecution } from './reduce-executions';
import { reduceNodeError, reduceNodeState, reduceNodeText, reduceNodeUsage, reduceParallelStart } from './reduce-nodes';
import { deleteTask, reduceTask, resetTasks } from './reduce-tasks';
import { parseTime } from './rfc3339';
import { Silence } from './silence';
import type { OtherEvent } from '../services/relay-connection';

/** The entities of all sections at one moment. */
export interface StateCopy {
  readonly tasks: readonly TaskEntity[];
  readonly executor: readonly ExecutorEntity[];
  readonly executions: readonly ExecutionEntity[];
  readonly nodes: readonly NodeEntity[];
  readonly agents: readonly AgentEntity[];
  readonly projects: readonly ProjectEntity[];
}

/** The parts of a snapshot until the last one is received. What each part can be prepared for is done when it is received, not with the last one. */
class PendingSnapshot implements StateCopy {
  readonly tasks: TaskEntity[] = [];
  readonly executor: ExecutorEntity[] = [];
  readonly executions: ExecutionEntity[] = [];
  readonly nodes: NodeEntity[] = [];
  readonly agents: AgentEntity[] = [];
  readonly projects: ProjectEntity[] = [];
  /** The time by which each task, and each execution, is ordered, in Unix milliseconds. */
  readonly created: number[] = [];
  readonly started: number[] = [];

  add(data: SnapshotData): void {
    for (const task of data.tasks ?? []) {
      this.tasks.push(withoutSilence(task));
      this.created.push(parseTime(task.changes?.[0]?.timestamp ?? task.timestamp) ?? 0);
    }
    for (const execution of data.executions ?? []) {
      this.executions.push(withoutSilence(execution));
      this.started.push(parseTime(execution.started ?? execution.timestamp) ?? 0);
    }
    append(this.executor, data.executor);
    append(this.nodes, data.nodes);
    append(this.agents, data.agents);
    append(this.projects, data.projects);
  }
}

/**
 * The current state, reduced from events as in the relay (PROTOCOL.md, "Entity state"; Relay/State is the reference), or taken from its snapshots. The parts
 * of a snapshot are collected until the last one is received.
 */
export class StateTables {
  readonly texts = new NodeTexts();
  readonly silence: Silence;
  readonly #tasks: EntityTable<TaskEntity>;
  readonly #executor: EntityTable<ExecutorEntity>;
  readonly #executions: EntityTable<ExecutionEntity>;
  readonly #nodes: EntityTable<NodeEntity>;
  readonly orders: NodeOrders;
  readonly #agents: EntityTable<AgentEntity>;
  readonly #projects: EntityTable<ProjectEntity>;
  readonly sections: Sections;
  #pendingSnapshot: PendingSnapshot | undefined;

  /** `limit`: maximum number of entities in a section; `execution`: the execution of events that name none. */
  constructor(
    limit: number,
    readonly execution = '',
  ) {
    this.silence = new Silence(limit);
    const { onPart } = this.silence;
    this.#tasks = new EntityTable<TaskEntity>(limit, onPart);
    this.#executor = new EntityTable(limit);
    this.#executions = new EntityTable(limit);
    this.#nodes = new EntityTable<NodeEntity>(limit, onPart);
    this.orders = new NodeOrders(this.#nodes);
    this.#agents = new EntityTable<AgentEntity>(limit, onPart);
    this.#projects = new EntityTable(limit);
    this.sections = {
      tasks: this.#tasks.byKey,
      executor: this.#executor.byKey,
      executions: this.#executions.byKey,
      nodes: this.#nodes.byKey,
      agents: this.#agents.byKey,
      projects: this.#projects.byKey,
    };
  }

  get #all(): readonly EntityTable<Entity>[] {
    return [this.#tasks, this.#executor, this.#executions, this.#nodes, this.#agents, this.#projects];
  }

  /** Number of evicted entities. */
  get evicted(): number {
    return this.#all.reduce((sum, { evicted }) => sum + evicted, 0);
  }

  /** Number of evicted entities of a section, of a project or of all, by status. */
  dropped(section: SectionName, project: string | null): ReadonlyMap<string, number> {
    return this.table(section).dropped(project);
  }

  /** Called when events may be missing (PROTOCOL.md, "Entity state", Uncertainty). */
  markUncertain(): void {
    for (const table of this.#all) table.markUncertain();
  }

  /** A number that changes with a section, or with any. */
  version(of?: SectionName): number {
    return of === undefined ? this.#all.reduce((sum, { version }) => sum + version, 0) : this.table(of).version;
  }

  /** The table of a section. */
  table(section: SectionName): EntityTable<Entity> {
    switch (section) {
      case 'tasks':
        return this.#tasks;
      case 'executor':
        return this.#executor;
      case 'executions':
        return this.#executions;
      case 'nodes':
        return this.#nodes;
      case 'agents':
        return this.#agents;
      case 'projects':
        return this.#projects;
    }
  }

  /** Collects a part, and with the last one replaces the state by the snapshot. Returns whether the state was replaced. */
  applySnapshot(data: SnapshotData): boolean {
    if (data.part === 1) this.#pendingSnapshot = new PendingSnapshot();
    const pending = this.#pendingSnapshot;
    if (!pending) return false; // The first part was not received, and a partial snapshot cannot be used.
    pending.add(data);
    if (!data.last) return false;
    this.#pendingSnapshot = undefined;
    this.replace(pending, pending.created, pending.started);
    this.texts.reconcile(this.#nodes.byKey);
    return true;
  }

  /** Replaces all entities. The tables are ordered by the times, of which there is one for each task and execution; without them, as the lists. */
  replace(
    { tasks, executor, executions, nodes, agents, projects }: StateCopy,
    created?: readonly number[],
    started?: readonly number[],
  ): void {
    this.silence.replace(tasks, nodes, agents);
    this.#tasks.replace(byId(tasks, created));
    this.#executor.replace(byId(executor));
    this.#executions.replace(byId(executions, started));
    this.#nodes.replace(nodes.map((node) => [entityKey(node.execution_id, node.id), node]));
    this.#agents.replace(agents.map((agent) => [entityKey(agent.project_id, agent.id), agent]));
    this.#projects.replace(byId(projects));
    this.orders.clear();
  }

  /** Called when a publisher has restarted its numbering: its earlier numbers do not order its next events. */
  forgetNumbers(source: string | undefined): void {
    for (const table of this.#all) table.forgetNumbers(source);
  }

  /** Reduces an event that was received at `received`, by the relay's clock. A reply to a command is not part of the state. */
  apply(event: CeceliaEvent | OtherEvent, received: string): void {
    if (event.reply_to !== undefined) return;
    const input = toReductionInput(event, received, this.execution);
    // Publishers may use any name: `event` is one in the contracts, or any other.
    const known = event as CeceliaEvent;
    switch (known.event) {
      case 'task:created':
      case 'task_created':
        return reduceTask(this.#tasks, input, { byName: 'queued' });
      case 'task:started':
      case 'task:progress':
        return reduceTask(this.#tasks, input, { byName: 'running' });
      case 'task:completed':
        return reduceTask(this.#tasks, input, { byName: 'completed' });
      case 'task:failed':
        return reduceTask(this.#tasks, input, { byName: 'failed' });
      case 'task_updated':
      case 'task_status_changed':
        return reduceTask(this.#tasks, input, {});
      case 'task_deleted':
        return deleteTask(this.#tasks, input);
      case 'tasks_reset':
        return resetTasks(this.#tasks, input);
      case 'executor:status':
        return reduceExecutor(this.#executor, input);
      case 'status':
        return reduceExecution(this.#executions, input);
      case 'execution:paused':
      case 'execution:completed':
        return reduceNamedExecution(this.#executions, input);
      case 'node_state_change':
        return reduceNodeState(this.orders, input);
      case 'node:parallel_start':
        return reduceParallelStart(this.orders, input);
      case 'token_stream':
        return reduceNodeText(this.orders, this.texts, input);
      case 'token_usage':
        return input.nodeId === '' ? reduceExecutionUsage(this.#executions, input) : reduceNodeUsage(this.orders, input);
      case 'error':
        return reduceNodeError(this.orders, input);
      case 'agent_spawned':
      case 'agent_status_update':
        return reduceAgent(this.#agents, input);
      case 'agent_messages':
        return reduceMessages(this.#agents, input);
      case 'file_locks_update':
        return reduceProject(this.#projects, input, 'locks');
      case 'plan_generated':
        return reduceProject(this.#projects, input, 'plan');
      case 'coordination_update':
        return reduceProject(this.#projects, input, 'coordination');
      case 'log':
      case 'notification':
        return;
      default:
        return this.#applyOther(known, input);
    }
  }

  /** `_unknown` has type `never`: the compiler checks that every name in the contracts has a case. */
  #applyOther(_unknown: never, input: ReductionInput): void {
    if (input.name.startsWith('execution:')) reduceNamedExecution(this.#executions, input);
    else reduceTask(this.#tasks, input, { known: false });
  }
}

/** Adds the entities one by one: the base of a history is a single part, which may have more than a call can have arguments. */
function append<E>(to: E[], entities: readonly E[] = []): void {
  for (const entity of entities) to.push(entity);
}

/** The entity without the field that changes with time: see `Silence`. */
function withoutSilence<E extends { silent_since?: string }>(entity: E): E {
  if (entity.silent_since === undefined) return entity;
  const copy = { ...entity };
  delete copy.silent_since;
  return copy;
}

function byId<E extends Entity>(entities: readonly E[], times: readonly number[] = []): Row<E>[] {
  return entities.map((entity, index) => [entity.id, entity, times[index]]);
}
