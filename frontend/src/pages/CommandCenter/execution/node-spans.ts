import type { NodeEntity } from 'cecelia-client';
import { hasEnded, isUncertain, statusKind, type StatusKind } from '../../../format/status-kind';
import { parseTimestamp } from '../../../format/format-time';
import type { ExecutionTrace, StatusChange } from './execution-trace';
import type { GraphEdges } from './graph-edges';

/** Times are Unix milliseconds. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** An earlier attempt of a node that was started again. */
interface Attempt extends Interval {
  readonly kind: StatusKind;
}

/** When a node waited and ran. */
export interface NodeSpan {
  readonly id: string;
  /** From when it could have started until it did, or until now; `null`: it did not wait, or this is unknown. */
  readonly waited: Interval | null;
  /** From its start to its end, or until now; `null`: it has not started, or this is unknown. */
  readonly ran: Interval | null;
  /** It has not ended. */
  readonly isOpen: boolean;
  /** From when on it is unknown whether it still runs; `null`: that is known. */
  readonly uncertainFrom: number | null;
  readonly attempts: readonly Attempt[];
  /** When it was paused or waited for input, in its latest attempt. */
  readonly pauses: readonly Interval[];
  readonly firstTokenAt: number | null;
}

/** Returns the span of each node. `now` by the relay's clock. */
export function nodeSpans(nodes: readonly NodeEntity[], edges: GraphEdges, trace: ExecutionTrace, now: number): readonly NodeSpan[] {
  const ends = new Map(nodes.map((node) => [node.id, hasEnded(node.status) ? parseTimestamp(node.ended) : Infinity]));
  const dependencies = new Map<string, string[]>();
  // The observed order is not a dependency: that a node started after another does not mean that it waited for it.
  for (const { from, to } of edges.kind === 'declared' ? edges.edges : []) {
    const known = dependencies.get(to);
    if (known === undefined) dependencies.set(to, [from]);
    else known.push(from);
  }
  return nodes.map((node) => {
    const start = parseTimestamp(node.started);
    const seen = trace.node(node.id);
    const changes = seen?.changes ?? [];
    const isOpen = !hasEnded(node.status);
    const end = isOpen ? now : parseTimestamp(node.ended);
    const ran = start === null || end === null ? null : { from: start, to: Math.max(start, end) };
    const attempts = attemptsBefore(changes, start);
    const ready = latest(readyAt(dependencies.get(node.id) ?? [], ends) ?? queuedAt(changes, start), attempts.at(-1)?.to ?? null);
    const waitEnd = start ?? (statusKind(node.status) === 'waiting' && !isUncertain(node) ? now : null);
    return {
      id: node.id,
      waited: ready === null || waitEnd === null || waitEnd <= ready ? null : { from: ready, to: waitEnd },
      ran,
      isOpen,
      uncertainFrom:
        ran !== null && isUncertain(node) ? Math.min(ran.to, Math.max(ran.from, parseTimestamp(node.timestamp) ?? ran.from)) : null,
      attempts,
      pauses: ran === null ? [] : pausesIn(changes, ran),
      firstTokenAt: seen?.firstTokenAt ?? null,
    };
  });
}

/** When the last dependency ended: `Infinity` if one has not; `null`: there is none, or the time is unknown. */
function readyAt(dependencies: readonly string[], ends: ReadonlyMap<string, number | null>): number | null {
  let last: number | null = null;
  for (const id of dependencies) {
    const end = ends.get(id) ?? null;
    if (end === null) return null;
    last = latest(last, end);
  }
  return last;
}

function latest(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other);
}

/** When the node was queued before its start. */
function queuedAt(changes: readonly StatusChange[], start: number | null): number | null {
  const waiting = changes.findLast(({ status, at }) => statusKind(status) === 'waiting' && (start === null || at <= start));
  return waiting?.at ?? null;
}

/** The attempts that ended before the start of the latest one. */
function attemptsBefore(changes: readonly StatusChange[], start: number | null): Attempt[] {
  const attempts: Attempt[] = [];
  let from: number | null = null;
  for (const { status, at } of changes) {
    if (hasEnded(status)) {
      if (from !== null && (start === null || from < start)) attempts.push({ from, to: Math.max(from, at), kind: statusKind(status) });
      from = null;
    } else if (statusKind(status) === 'running') from ??= at;
  }
  return attempts.filter(({ to }) => start !== null && to <= start);
}

function pausesIn(changes: readonly StatusChange[], ran: Interval): Interval[] {
  return changes.flatMap(({ status, at }, index) => {
    if (statusKind(status) !== 'paused') return [];
    const from = Math.max(at, ran.from);
    const to = Math.min(changes[index + 1]?.at ?? ran.to, ran.to);
    return to > from ? [{ from, to }] : [];
  });
}

/** Returns the time span of all: from the earliest known moment to the latest; `null`: none is known. */
export function timeDomain(spans: readonly NodeSpan[], more: readonly (number | null)[]): Interval | null {
  const known = [
    ...more.filter((at) => at !== null),
    ...spans.flatMap(({ waited, ran, attempts }) => [waited, ran, ...attempts].flatMap((one) => (one === null ? [] : [one.from, one.to]))),
  ];
  if (known.length === 0) return null;
  let [from, to] = [Infinity, -Infinity];
  for (const at of known) [from, to] = [Math.min(from, at), Math.max(to, at)];
  return { from, to: Math.max(to, from + 1) };
}
