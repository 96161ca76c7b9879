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
import { type Entity, EntityTable } from './entity-table';
import { entityKey, type SectionName, type Sections } from './live-view';
import { NodeOrders } from './node-orders';
import { NodeTexts } from './node-texts';
import { reduceAgent, reduceExecutor, reduceMessages, reduceProject } from './reduce-projects';
import { reduceExecution, reduceExecutionUsage, reduceNamedExecution } from './reduce-executions';
import { reduceNodeError, reduceNodeState, reduceNodeText, reduceNodeUsage, reduceParallelStart } from './reduce-nodes';
import { deleteTask, reduceTask, resetTasks } from './reduce-tasks';
import { parseTime } from './rfc3339';
import type { OtherEvent } from '../services/relay-connection';

/** Every section, empty. */
function emptySnapshot() {
  return {
    tasks: [] as TaskEntity[],
    executor: [] as ExecutorEntity[],
    executions: [] as ExecutionEntity[],
    nodes: [] as NodeEntity[],
    agents: [] as AgentEntity[],
    projects: [] as ProjectEntity[],
  };
}

/**
 * What is true now, reduced from events as the relay reduces them (PROTOCOL.md, "Entity state"; Relay/State is the reference), or taken over from its snapshots.
 * A snapshot's parts are put by until the last one is there.
 */
export class StateTables {
  readonly texts = new NodeTexts();
  readonly #tasks: EntityTable<TaskEntity>;
  readonly #executor: EntityTable<ExecutorEntity>;
  readonly #executions: EntityTable<ExecutionEntity>;
  readonly #nodes: EntityTable<NodeEntity>;
  readonly #orders: NodeOrders;
  readonly #agents: EntityTable<AgentEntity>;
  readonly #projects: EntityTable<ProjectEntity>;
  readonly sections: Sections;
  #coming: ReturnType<typeof emptySnapshot> | undefined;

  /** `limit` is how many entities a section holds at most; `execution` what an event belongs to that names no execution. */
  constructor(
    limit: number,
    readonly execution = '',
  ) {
    this.#tasks = new EntityTable(limit);
    this.#executor = new EntityTable(limit);
    this.#executions = new EntityTable(limit);
    this.#nodes = new EntityTable(limit);
    this.#orders = new NodeOrders(this.#nodes);
    this.#agents = new EntityTable(limit);
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

  /** Entities that the limit pushed out. */
  get evicted(): number {
    return this.#all.reduce((sum, { evicted }) => sum + evicted, 0);
  }

  /** Entities of a section that the limit left out, of a project or of all, by status. */
  dropped(section: SectionName, project: string | null): ReadonlyMap<string, number> {
    return this.#table(section).dropped(project);
  }

  /** Something may be missing here (PROTOCOL.md, "Entity state", Uncertainty). */
  markUncertain(): void {
    for (const table of this.#all) table.markUncertain();
  }

  /** Counts the changes of a section, or of all. */
  version(of?: SectionName): number {
    return of === undefined ? this.#all.reduce((sum, { version }) => sum + version, 0) : this.#table(of).version;
  }

  #table(section: SectionName): EntityTable<Entity> {
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

  /** Puts a part by, and takes the snapshot over with the last one, in place of all that was known. Returns whether it did. */
  takeOver(data: SnapshotData): boolean {
    if (data.part === 1) this.#coming = emptySnapshot();
    const coming = this.#coming;
    if (!coming) return false; // The beginning was not seen here, and half a state is none.
    coming.tasks.push(...(data.tasks ?? []));
    coming.executor.push(...(data.executor ?? []));
    coming.executions.push(...(data.executions ?? []));
    coming.nodes.push(...(data.nodes ?? []));
    coming.agents.push(...(data.agents ?? []));
    coming.projects.push(...(data.projects ?? []));
    if (!data.last) return false;
    this.#coming = undefined;
    const created = ({ changes, timestamp }: TaskEntity) => parseTime(changes?.[0]?.timestamp ?? timestamp) ?? 0;
    this.#tasks.replace(byId(coming.tasks), inOrderOf(created));
    this.#executor.replace(byId(coming.executor));
    this.#executions.replace(
      byId(coming.executions),
      inOrderOf(({ started, timestamp }) => parseTime(started ?? timestamp) ?? 0),
    );
    this.#nodes.replace(coming.nodes.map((node) => [entityKey(node.execution_id, node.id), node]));
    this.#agents.replace(coming.agents.map((agent) => [entityKey(agent.project_id, agent.id), agent]));
    this.#projects.replace(byId(coming.projects));
    this.#orders.clear();
    this.texts.reconcile(this.#nodes.byKey);
    return true;
  }

  /** A publisher counts again: its earlier numbers do not order its next events. */
  forgetNumbers(source: string): void {
    for (const table of this.#all) table.forgetNumbers(source);
  }

  /** Reduces an event that came at `received`, by the relay's clock. An answer to a command is no part of the state. */
  apply(event: CeceliaEvent | OtherEvent, received: string): void {
    if (event.reply_to !== undefined) return;
    const input = toReductionInput(event, received, this.execution);
    // Names are free: `event` is one that the types know, or any other.
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
        return reduceNodeState(this.#orders, input);
      case 'node:parallel_start':
        return reduceParallelStart(this.#orders, input);
      case 'token_stream':
        return reduceNodeText(this.#orders, this.texts, input);
      case 'token_usage':
        return input.nodeId === '' ? reduceExecutionUsage(this.#executions, input) : reduceNodeUsage(this.#orders, input);
      case 'error':
        return reduceNodeError(this.#orders, input);
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
        return this.#other(known, input);
    }
  }

  /** `unknown` is never one of those above: the compiler sees to it that none is forgotten. */
  #other(_unknown: never, input: ReductionInput): void {
    if (input.name.startsWith('execution:')) reduceNamedExecution(this.#executions, input);
    else reduceTask(this.#tasks, input, { known: false });
  }
}

function byId<E extends Entity>(entities: readonly E[]): [string, E][] {
  return entities.map((entity) => [entity.id, entity]);
}

/** Those of the same time stay as they came. */
function inOrderOf<E>(time: (entity: E) => number): (a: E, b: E) => number {
  const times = new Map<E, number>();
  const of = (entity: E) => {
    let ms = times.get(entity);
    if (ms === undefined) times.set(entity, (ms = time(entity)));
    return ms;
  };
  return (a, b) => of(a) - of(b);
}
