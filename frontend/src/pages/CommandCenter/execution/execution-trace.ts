import { eventIds, type FeedEntry, idOf } from 'cecelia-client/state';
import { statusKind } from '../../../format/status-kind';
import { parseTimestamp } from '../../../format/format-time';
import { TimeBuckets } from './time-buckets';

/** A status that a node had from a moment on, in Unix milliseconds of the publisher's clock. */
export interface StatusChange {
  readonly status: string;
  readonly at: number;
}

/** What the events say about a node, beyond its present state. */
export interface NodeTrace {
  /** Oldest first. */
  readonly changes: readonly StatusChange[];
  /** The first output since it last started; `null`: none, or the start was not seen, so that earlier output may be missing. */
  readonly firstTokenAt: number | null;
  readonly lastTokenAt: number | null;
  /** Number of `token_stream` events since it last started. */
  readonly tokens: number;
  /** Time from the first of these to the last, in milliseconds. */
  readonly streamedMs: number;
}

interface MutableTrace {
  readonly changes: StatusChange[];
  wasStartSeen: boolean;
  firstSeenAt: number | null;
  lastTokenAt: number | null;
  tokens: number;
}

const nodeLimit = 2000;
/** Maximum number of status changes that are kept of a node; the oldest are dropped. */
const changeLimit = 64;

/**
 * What the state does not hold: earlier attempts of nodes, when they waited, and how many tokens and log lines there were at which time. It is counted from
 * the feed, whose events it does not keep. Everything is bounded.
 */
export class ExecutionTrace {
  readonly tokens = new TimeBuckets();
  readonly logs = new TimeBuckets();
  readonly #nodes = new Map<string, MutableTrace>();
  #lastNumber = -Infinity;
  #from: number | null = null;

  /** The time of the oldest event; nothing is known of the time before. `null`: there was no event. */
  get from(): number | null {
    return this.#from;
  }

  /** Counts the entries that are newer than those counted before. */
  update(feed: readonly FeedEntry[]): void {
    let first = feed.length;
    while (first > 0 && (feed[first - 1]?.number ?? 0) > this.#lastNumber) first--;
    for (const entry of feed.slice(first)) this.#count(entry);
    this.#lastNumber = feed.at(-1)?.number ?? this.#lastNumber;
  }

  node(id: string): NodeTrace | undefined {
    const trace = this.#nodes.get(id);
    if (trace === undefined) return undefined;
    const { changes, wasStartSeen, firstSeenAt, lastTokenAt, tokens } = trace;
    const streamedMs = firstSeenAt === null || lastTokenAt === null ? 0 : Math.max(0, lastTokenAt - firstSeenAt);
    return { changes, firstTokenAt: wasStartSeen ? firstSeenAt : null, lastTokenAt, tokens, streamedMs };
  }

  #count({ event, accepted, received }: FeedEntry): void {
    const at = (event.undated === true ? null : parseTimestamp(event.timestamp)) ?? accepted ?? received;
    this.#from ??= at;
    const data: Readonly<Record<string, unknown>> = event.data;
    switch (event.event) {
      case 'token_stream':
        this.tokens.count(at);
        return this.#token(eventIds(event).nodeId, at);
      case 'log':
        return this.logs.count(at);
      case 'node_state_change':
        return this.#change(eventIds(event).nodeId, idOf(data.status) || idOf(data.state), at);
      case 'node:parallel_start':
        for (const id of eventIds(event).startedIds) this.#change(id, 'running', at);
        return this.#change(eventIds(event).nodeId, 'running', at);
      case 'error':
        return this.#change(eventIds(event).nodeId, 'failed', at);
    }
  }

  #token(id: string, at: number): void {
    const trace = this.#trace(id);
    if (trace === undefined) return;
    trace.firstSeenAt ??= at;
    trace.lastTokenAt = Math.max(trace.lastTokenAt ?? at, at);
    trace.tokens++;
  }

  #change(id: string, status: string, at: number): void {
    const trace = this.#trace(id);
    if (trace === undefined || status === '') return;
    const last = trace.changes.at(-1);
    if (last?.status === status) return;
    const kind = statusKind(status);
    const before = last === undefined ? 'waiting' : statusKind(last.status);
    // A node that was paused continues its attempt.
    if (kind === 'running' && before !== 'paused' && before !== 'running') {
      trace.wasStartSeen = true;
      trace.firstSeenAt = null;
      trace.lastTokenAt = null;
      trace.tokens = 0;
    }
    trace.changes.push({ status, at });
    if (trace.changes.length > changeLimit) trace.changes.shift();
  }

  #trace(id: string): MutableTrace | undefined {
    if (id === '') return undefined;
    let trace = this.#nodes.get(id);
    if (trace === undefined && this.#nodes.size < nodeLimit) {
      trace = { changes: [], wasStartSeen: false, firstSeenAt: null, lastTokenAt: null, tokens: 0 };
      this.#nodes.set(id, trace);
    }
    return trace;
  }
}
