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

/** The sections of the state, each by key: a task, executor, execution and project by its `id`, a node and an agent by `entityKey`. */
export interface Sections {
  readonly tasks: ReadonlyMap<string, TaskEntity>;
  readonly executor: ReadonlyMap<string, ExecutorEntity>;
  readonly executions: ReadonlyMap<string, ExecutionEntity>;
  readonly nodes: ReadonlyMap<string, NodeEntity>;
  readonly agents: ReadonlyMap<string, AgentEntity>;
  readonly projects: ReadonlyMap<string, ProjectEntity>;
}

export type SectionName = keyof Sections;

/** An event as the live feed shows it. */
export interface FeedEntry {
  /** Counted up from 1, so that a list has a key. */
  readonly number: number;
  readonly event: CeceliaEvent | OtherEvent;
  /** When it came here, in Unix milliseconds of the relay's clock. */
  readonly received: number;
  /** When the relay accepted it, in Unix milliseconds of the relay's clock; `null`: not said (an answer to a command, the plain protocol). */
  readonly accepted: number | null;
  /** Whether it was missed in an outage, and sent when the connection was back. */
  readonly recovered: boolean;
  /** From the publisher's time to here, in milliseconds; `null`: the publisher gave no time, or its clock is ahead of the relay's. */
  readonly lag: number | null;
}

/**
 * Why something may be missing: what the relay says, or `not_recovered`: the page had to reconnect, and the relay could not send again what it missed; or
 * `not_replayed`: it had to reconnect to a relay without the subprotocol, which sends nothing again.
 */
export type GapCause = GapData['cause'] | 'not_recovered' | 'not_replayed';

/** A stretch in which events may be missing. */
export interface KnownGap {
  /** Counted up from 1, so that a list has a key. */
  readonly number: number;
  readonly gap: Omit<GapData, 'cause'> & { readonly cause: GapCause };
  /** When the page learned of it, in Unix milliseconds of the relay's clock. */
  readonly at: number;
  /** The `number` of the last entry of the feed before it; 0: there was none. */
  readonly after: number;
}

/** One second of the stream. */
export interface StreamSecond {
  /** Unix seconds. */
  readonly second: number;
  /** `null`: the connection was not live, and none came. */
  readonly events: number | null;
  /** Median and 99th percentile of the lag, in milliseconds; `null` in a second without events whose lag is known. */
  readonly lagMedian: number | null;
  readonly lagP99: number | null;
}

/**
 * What is true now, and what happened lately, as the relay tells it. Maps and arrays are live: they change in place, at most once for each animation frame,
 * and then `version` of what changed is another number and the listeners are called. The entities in them are never changed, but replaced.
 */
export interface LiveView {
  readonly sections: Sections;
  /** How many entities of a section, of a project or of all, are known but not held here (`entityLimit`), by status. */
  dropped(section: SectionName, project?: string | null): ReadonlyMap<string, number>;
  /** Counts the changes of a section, or of everything. */
  version(of?: SectionName | 'feed' | 'gaps' | 'seconds'): number;
  /** Called once for each animation frame in which something changed (in a hidden page: about each second). */
  subscribe(listener: () => void): Unsubscribe;
  /** The newest events, oldest first; at most `feedLimit`. */
  readonly feed: readonly FeedEntry[];
  readonly feedLimit: number;
  readonly gaps: readonly KnownGap[];
  /** The last 120 seconds, oldest first, without the present one. */
  readonly seconds: readonly StreamSecond[];
  /** Whether a snapshot has been taken over, or an event seen, since the page began. */
  readonly hasState: boolean;
  /** How the relay's link to Redis stands. */
  readonly link: LinkData | null;
  /** The relay's clock less this page's, in milliseconds. */
  readonly clockOffset: number;
  /** When the last message came, in Unix milliseconds of this page's clock; `null`: none yet. */
  readonly lastMessageAt: number | null;
  /** All the text of a node that streamed since it is known here, up to 1 MiB of its end. */
  text(executionId: string, nodeId: string): string;
}

/** The key of a node (with its execution) or of an agent (with its project). */
export function entityKey(group: string | undefined, id: string): string {
  return `${group ?? ''}\u0000${id}`;
}
