import { mergeExactly } from '../services/exact-json';
import type { Access } from '../services/access';
import type { ConnectionState } from '../services/connection-state';
import type { RelayConnection, Unsubscribe } from '../services/relay-connection';
import type { ExecutorEntity, NodeEntity, TaskEntity } from '../types/messages';
import { executionNodes, executionStatus, type ExecutionStatus } from './execution-status';
import type { LiveView, SectionName } from './live-view';
import { type LogFilter, type LogLine, LogLines } from './log-lines';
import { type NodeTokens, nodeTokens } from './node-tokens';
import { shallowEqual } from './shallow-equal';
import { pageViews, type RelayView, type ViewOptions } from './shared-views';

/*
 * The stores under the hooks of React and the composables of Vue, for every other framework and for none. A store is two functions that need no `this`: what
 * `useSyncExternalStore` of React takes, and what a store of Svelte or a signal is made of.
 */

/** A value that changes. */
export interface Store<Value> {
  /** Adds a listener that is called after each change of the value, at most once per animation frame. Returns the function that removes it. */
  readonly subscribe: (listener: () => void) => Unsubscribe;
  /** The present value: the same object until it has changed. */
  readonly getSnapshot: () => Value;
}

/** A part of the view that has its own version. */
export type LivePart = SectionName | 'feed' | 'past' | 'gaps' | 'seconds';

/** The state of a task. `taskId` is its `id`, under the name that Cecelia's events use. */
export interface Task extends TaskEntity {
  readonly taskId: string;
}

export interface TaskStatus {
  /** The tasks in the order in which they were created; with a `taskId`, that one alone. */
  readonly tasks: readonly Task[];
  /** The task of `taskId`, if it is known. */
  readonly task: Task | undefined;
}

export interface ExecutorStatus {
  /** Number of running tasks; `null`: unknown. */
  readonly activeCount: number | null;
  /** Number of further tasks that it could run; `null`: unknown. */
  readonly availableSlots: number | null;
  /** The sum of both; `null`: unknown. */
  readonly slots: number | null;
  /** All known executors, the one with the latest event first. */
  readonly executors: readonly ExecutorEntity[];
}

/** An execution and its nodes. */
export interface Execution extends ExecutionStatus {
  readonly nodes: readonly NodeEntity[];
}

export interface LogOptions extends LogFilter {
  /** Maximum number of lines. Default 1,000; the oldest are dropped. */
  readonly limit?: number;
}

/**
 * The connection and the state with these options. The connection is opened with the first subscription to one of its stores, and closed a second after the
 * last one has ended. Equal options share a connection.
 */
export function relayView(options: ViewOptions = {}): RelayView {
  return pageViews.get(options);
}

/**
 * A selection of the state, computed when one of the parts has changed (without parts: when anything has). Selections with identical members count as
 * the same.
 */
export function viewStore<Selected>(
  relay: RelayView<LiveView>,
  select: (view: LiveView) => Selected,
  parts?: readonly LivePart[],
): Store<Selected> {
  const { view } = relay;
  const getSnapshot = selection(view, select, parts);
  return {
    subscribe(listener) {
      let last = getSnapshot();
      const release = relay.hold();
      const unsubscribe = view.subscribe(() => {
        const now = getSnapshot();
        if (Object.is(now, last)) return;
        last = now;
        listener();
      });
      return () => {
        unsubscribe();
        release();
      };
    },
    getSnapshot,
  };
}

/** Returns a function that reads the selection, and returns the same object until it has changed. */
export function selection<Selected>(view: LiveView, select: (view: LiveView) => Selected, parts?: readonly LivePart[]): () => Selected {
  let last: { readonly version: number; readonly selected: Selected } | undefined;
  return () => {
    const version = parts ? parts.reduce((sum, part) => sum + view.version(part), 0) : view.version();
    if (last?.version === version) return last.selected;
    const selected = select(view);
    last = { version, selected: last && shallowEqual(last.selected, selected) ? last.selected : selected };
    return last.selected;
  };
}

/** Entities are replaced and never changed, so the task of an entity can be kept. */
const tasksOfEntities = new WeakMap<TaskEntity, Task>();

function taskOf(entity: TaskEntity): Task {
  let task = tasksOfEntities.get(entity);
  if (!task) tasksOfEntities.set(entity, (task = mergeExactly(entity, { taskId: entity.id })));
  return task;
}

/** The current tasks, or one of them. */
export function taskStore(relay: RelayView<LiveView>, taskId?: string): Store<TaskStatus> {
  const tasksOf = selection(relay.view, ({ sections }) => {
    const one = taskId === undefined ? undefined : sections.tasks.get(taskId);
    return (taskId === undefined ? [...sections.tasks.values()] : one ? [one] : []).map(taskOf);
  });
  return viewStore(relay, () => {
    const tasks = tasksOf();
    return { tasks, task: taskId === undefined ? undefined : tasks[0] };
  }, ['tasks']);
}

/**
 * The status of the executor; of several, the one with the latest event. An executor does not report that it has ended, and a restarted Brain is a new one, so
 * a sum would include executors that no longer exist.
 */
export function executorStore(relay: RelayView<LiveView>): Store<ExecutorStatus> {
  return viewStore(
    relay,
    ({ sections }) => {
      const executors = [...sections.executor.values()].sort((a, b) => (a.received < b.received ? 1 : a.received > b.received ? -1 : 0));
      const { activeCount = null, availableSlots = null } = executors[0]?.data ?? {};
      const slots = activeCount === null || availableSlots === null ? null : activeCount + availableSlots;
      return { activeCount, availableSlots, slots, executors };
    },
    ['executor'],
  );
}

/** An execution in Execution's terms, and its nodes. */
export function executionStore(relay: RelayView<LiveView>, executionId: string): Store<Execution> {
  const nodes = selection(relay.view, (view) => executionNodes(view, executionId), ['nodes']);
  return viewStore(relay, (view) => ({ ...executionStatus(view, executionId), nodes: nodes() }), ['executions', 'nodes']);
}

/** The text that a node streams, and the tokens that it used. Without an execution it is the node with that id and the latest event, of any execution. */
export function tokenStore(relay: RelayView<LiveView>, nodeId: string, executionId?: string): Store<NodeTokens> {
  return viewStore(relay, (view) => nodeTokens(view, nodeId, executionId), ['nodes']);
}

/** The newest log lines, oldest first: those in the feed, and those received while there is a subscription. */
export function logStore(relay: RelayView<LiveView>, { limit = 1000, ...filter }: LogOptions = {}): Store<readonly LogLine[]> {
  const { connection, view } = relay;
  const fill = () => {
    const filled = new LogLines(filter, limit);
    filled.seed(view.feed.map(({ event }) => event));
    return filled;
  };
  let lines = fill();
  let past = view.version('past');
  return {
    subscribe(listener) {
      const release = relay.hold();
      let stop = lines.follow(connection, listener);
      const unsubscribe = view.subscribe(() => {
        if (view.version('past') === past) return;
        // Older events were added at the beginning of the feed.
        past = view.version('past');
        stop();
        lines = fill();
        stop = lines.follow(connection, listener);
        listener();
      });
      return () => {
        unsubscribe();
        stop();
        release();
      };
    },
    getSnapshot: () => lines.lines,
  };
}

/** The state of a connection. A subscription does not open it. */
export function connectionStore(connection: RelayConnection): Store<ConnectionState> {
  return { subscribe: (listener) => connection.onState(listener), getSnapshot: () => connection.state };
}

/** What the relay has granted to a connection; `null`: it has no access control, or this is unknown. A subscription does not open the connection. */
export function accessStore(connection: RelayConnection): Store<Access | null> {
  return {
    subscribe(listener) {
      const stops = [connection.onState(listener), connection.on('relay:token', listener)];
      return () => {
        for (const stop of stops) stop();
      };
    },
    getSnapshot: () => connection.access,
  };
}
