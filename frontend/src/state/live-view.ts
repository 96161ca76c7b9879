import type {
  AgentEntity,
  CeceliaEvent,
  ExecutionEntity,
  ExecutorEntity,
  GapData,
  LinkData,
  NodeEntity,
  ProjectEntity,
  TaskEntity,
} from '../types/messages';
import type { OtherEvent, Unsubscribe } from '../services/relay-connection';

/** The sections of the state, each a map: tasks, executors, executions and projects by `id`, nodes and agents by `entityKey`. */
export interface Sections {
  readonly tasks: ReadonlyMap<string, TaskEntity>;
  readonly executor: ReadonlyMap<string, ExecutorEntity>;
  readonly executions: ReadonlyMap<string, ExecutionEntity>;
  readonly nodes: ReadonlyMap<string, NodeEntity>;
  readonly agents: ReadonlyMap<string, AgentEntity>;
  readonly projects: ReadonlyMap<string, ProjectEntity>;
}

export type SectionName = keyof Sections;

/** An entry of the live feed. */
export interface FeedEntry {
  /** Increases by 1 from event to event; usable as a key of a list. The first live event has 1, and earlier ones from the history 0, -1 and so on. */
  readonly number: number;
  readonly event: CeceliaEvent | OtherEvent;
  /** When it was received here, in Unix milliseconds of the relay's clock. For an event from the history: when the relay accepted it. */
  readonly received: number;
  /** When the relay accepted it, in Unix milliseconds of the relay's clock; `null`: unknown (a reply to a command, the plain protocol). */
  readonly accepted: number | null;
  /** Whether it was missed while the page was disconnected, and replayed after the reconnect. */
  readonly recovered: boolean;
  /** Whether it is from the relay's history: it was accepted before this page was opened. */
  readonly fromHistory: boolean;
  /** Time from publication to `received`, in milliseconds; `null`: the publisher gave no time, or its clock is ahead of the relay's. */
  readonly lag: number | null;
}

/**
 * Why events may be missing: a cause of the relay, or `not_recovered`: the page had to reconnect, and the relay could not replay the missed events; or
 * `not_replayed`: it had to reconnect without the subprotocol, which has no replay; or `not_kept`: the relay has dropped the content of events that are older
 * than this page.
 */
export type GapCause = GapData['cause'] | 'not_recovered' | 'not_replayed' | 'not_kept';

/** A stretch in which events may be missing. */
export interface KnownGap {
  /** Counts from 1; usable as a key of a list. */
  readonly number: number;
  readonly gap: Omit<GapData, 'cause'> & { readonly cause: GapCause };
  /** When the page was notified, in Unix milliseconds of the relay's clock. */
  readonly at: number;
  /** The `number` of the last feed entry before it, which may have been removed. */
  readonly after: number;
}

/** One second of the stream. */
export interface StreamSecond {
  /** Unix seconds. */
  readonly second: number;
  /** `null`: the connection was not live, and no events were received. */
  readonly events: number | null;
  /** Median and 99th percentile of the lag, in milliseconds; `null` in a second without events of known lag. */
  readonly lagMedian: number | null;
  readonly lagP99: number | null;
}

/**
 * The current state and the recent events, as received from the relay. Maps and arrays change in place, at most once per animation frame; the `version` of the
 * changed part changes with them, and the listeners are called. Entities are immutable: a change replaces them.
 */
export interface LiveView {
  readonly sections: Sections;
  /** Number of entities of a section that were evicted (`entityLimit`), of a project or of all, by status. */
  dropped(section: SectionName, project?: string | null): ReadonlyMap<string, number>;
  /** A number that changes with a section, or with anything. */
  version(of?: SectionName | 'feed' | 'past' | 'gaps' | 'seconds'): number;
  /** Adds a listener that is called once per animation frame with changes (in a hidden page: about once per second). */
  subscribe(listener: () => void): Unsubscribe;
  /** The newest events, oldest first; at most `feedLimit`. Those of the history come first and have the version `past`, too. */
  readonly feed: readonly FeedEntry[];
  readonly feedLimit: number;
  readonly gaps: readonly KnownGap[];
  /** The last 120 seconds, oldest first, without the present one. */
  readonly seconds: readonly StreamSecond[];
  /** Whether a snapshot or an event was received since the page was opened. */
  readonly hasState: boolean;
  /** The status of the relay's link to Redis. */
  readonly link: LinkData | null;
  /** The relay's clock minus this page's, in milliseconds. */
  readonly clockOffset: number;
  /** When the last message was received, in Unix milliseconds of this page's clock; `null`: none yet. */
  readonly lastMessageAt: number | null;
  /**
   * Since when a running task or execution has been without an event, in Unix milliseconds by the relay's clock; `null`: it has not been for
   * long enough (`CECELIA_SILENT_AFTER_SECONDS`), or this is unknown, because the connection is not live or the entity is uncertain. It changes
   * with time, without a change of the version.
   */
  silentSince(section: 'tasks' | 'executions', id: string): number | null;
  /** The streamed text of a node, as far as it was received here; at most its last 1 MiB. */
  text(executionId: string, nodeId: string): string;
}

/** The key of a node (with its execution) or of an agent (with its project). */
export function entityKey(group: string | undefined, id: string): string {
  return `${group ?? ''}\u0000${id}`;
}
