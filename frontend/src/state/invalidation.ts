import type { InboundMessage, RelayConnection, Unsubscribe } from '../services/relay-connection';
import { toReductionInput } from './reduction-input';

/** The queries that an event puts out of date. */
export interface InvalidationRule {
  /** Names of events; a trailing `*` matches any rest. */
  readonly events: string | readonly string[];
  /** The key of the query, or its prefix. `projectId` is that of the event, else the watched one. */
  readonly queryKey: (projectId: string | undefined) => readonly unknown[];
}

export interface InvalidationOptions {
  /** The watched project. Events without a project apply to all. Default: every project. */
  readonly projectId?: string | undefined;
  readonly rules?: readonly InvalidationRule[] | undefined;
  /** How long events are collected before their queries are invalidated, in milliseconds. Default 300. A continuous stream invalidates at this interval. */
  readonly debounceMs?: number | undefined;
}

const underProject = (name: string) => (projectId: string | undefined) => (projectId === undefined ? [name] : [name, projectId]);

/** TaskTree's rules: an event of an agent also affects the tasks that it works on. */
export const boardRules: readonly InvalidationRule[] = [
  { events: ['task_*', 'tasks_reset', 'task:*', 'agent_*'], queryKey: underProject('tasks') },
  { events: 'agent_*', queryKey: underProject('agents') },
  { events: 'coordination_update', queryKey: underProject('coordination') },
  { events: 'file_locks_update', queryKey: underProject('fileLocks') },
  { events: 'plan_generated', queryKey: underProject('plan') },
];

/**
 * Calls `invalidate` for the queries that events put out of date. After a gap, and after each snapshot, that is every query of the rules, since earlier
 * changes were not received as events. This includes the first snapshot, since a query may have been answered before the connection was opened.
 */
export function watchInvalidations(
  connection: RelayConnection,
  { projectId, rules = boardRules, debounceMs = 300 }: InvalidationOptions,
  invalidate: (queryKey: readonly unknown[]) => void,
): Unsubscribe {
  const due = new Map<string, readonly unknown[]>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    timer = undefined;
    const keys = [...due.values()];
    due.clear();
    for (const key of keys) invalidate(key);
  };
  const add = (rule: InvalidationRule, project: string | undefined) => {
    const key = rule.queryKey(project);
    due.set(JSON.stringify(key), key);
    timer ??= setTimeout(flush, debounceMs);
  };
  const addAll = () => {
    for (const rule of rules) add(rule, projectId);
  };
  const onMessage = (message: InboundMessage) => {
    if (message.event.startsWith('relay:')) return;
    const project = toReductionInput(message as Parameters<typeof toReductionInput>[0], message.timestamp).projectId || undefined;
    if (projectId !== undefined && project !== undefined && project !== projectId) return;
    for (const rule of rules) if (matches(rule.events, message.event)) add(rule, project ?? projectId);
  };
  let wasDisconnected = connection.state.status !== 'live';
  const stops = [
    connection.subscribe(onMessage),
    connection.on('relay:gap', addAll),
    connection.on('relay:snapshot', ({ data }) => {
      if (data.last) addAll();
    }),
    // Without the subprotocol there are neither gaps nor snapshots.
    connection.onState((state) => {
      if (state.status === 'reconnecting') wasDisconnected = true;
      if (state.status === 'live' && state.protocol === 'plain' && wasDisconnected) addAll();
      if (state.status === 'live') wasDisconnected = false;
    }),
  ];
  return () => {
    clearTimeout(timer);
    for (const stop of stops) stop();
  };
}

function matches(patterns: string | readonly string[], name: string): boolean {
  return [patterns].flat().some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern));
}
