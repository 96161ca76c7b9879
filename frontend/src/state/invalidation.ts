import type { InboundMessage, RelayConnection, Unsubscribe } from '../services/relay-connection';
import { toReductionInput } from './reduction-input';

/** Which queries are out of date when something has happened. */
export interface InvalidationRule {
  /** An event's name; `*` at the end stands for any rest. */
  readonly events: string | readonly string[];
  /** The query's key, or how it begins. `projectId` is the event's, else that which is watched. */
  readonly queryKey: (projectId: string | undefined) => readonly unknown[];
}

export interface InvalidationOptions {
  /** Which project is watched. Events of no project are meant for all. Default: every project. */
  readonly projectId?: string | undefined;
  readonly rules?: readonly InvalidationRule[] | undefined;
  /** How long events are gathered before their queries are made anew, in milliseconds. Default 300. A stream that never pauses does so each time. */
  readonly debounceMs?: number | undefined;
}

const underProject = (name: string) => (projectId: string | undefined) => (projectId === undefined ? [name] : [name, projectId]);

/** System B's: what concerns an agent concerns the tasks that it works on. */
export const boardRules: readonly InvalidationRule[] = [
  { events: ['task_*', 'tasks_reset', 'task:*', 'agent_*'], queryKey: underProject('tasks') },
  { events: 'agent_*', queryKey: underProject('agents') },
  { events: 'coordination_update', queryKey: underProject('coordination') },
  { events: 'file_locks_update', queryKey: underProject('fileLocks') },
  { events: 'plan_generated', queryKey: underProject('plan') },
];

/**
 * Says which queries are out of date. After a gap, and with each snapshot, it is every query of the rules: what has happened before it came as no event. That
 * holds for the first snapshot too, since a query may have been answered before the connection began.
 */
export function watchInvalidations(
  connection: RelayConnection,
  { projectId, rules = boardRules, debounceMs = 300 }: InvalidationOptions,
  invalidate: (queryKey: readonly unknown[]) => void,
): Unsubscribe {
  const due = new Map<string, readonly unknown[]>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = () => {
    timer = undefined;
    const keys = [...due.values()];
    due.clear();
    for (const key of keys) invalidate(key);
  };
  const add = (rule: InvalidationRule, project: string | undefined) => {
    const key = rule.queryKey(project);
    due.set(JSON.stringify(key), key);
    timer ??= setTimeout(run, debounceMs);
  };
  const everything = () => {
    for (const rule of rules) add(rule, projectId);
  };
  const came = (message: InboundMessage) => {
    if (message.event.startsWith('relay:')) return;
    const project = toReductionInput(message as Parameters<typeof toReductionInput>[0], message.timestamp).projectId || undefined;
    if (projectId !== undefined && project !== undefined && project !== projectId) return;
    for (const rule of rules) if (matches(rule.events, message.event)) add(rule, project ?? projectId);
  };
  let wasCut = connection.state.status !== 'live';
  const stops = [
    connection.subscribe(came),
    connection.on('relay:gap', everything),
    connection.on('relay:snapshot', ({ data }) => {
      if (data.last) everything();
    }),
    // Without the subprotocol there is neither a gap nor a snapshot.
    connection.onState((state) => {
      if (state.status === 'reconnecting') wasCut = true;
      if (state.status === 'live' && state.protocol === 'plain' && wasCut) everything();
      if (state.status === 'live') wasCut = false;
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
