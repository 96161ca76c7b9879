import { errorPattern } from './error-pattern';

/** A failed task, or a failed execution that belongs to no failed task. */
export interface Failure {
  readonly kind: 'task' | 'execution';
  readonly id: string;
  readonly title: string;
  readonly project: string | undefined;
  /** `undefined`: the publisher gave none. */
  readonly error: string | undefined;
  /** When it failed, in Unix milliseconds. */
  readonly at: number;
}

/** Failures with the same pattern of errors. */
export interface FailureGroup {
  /** Empty for failures without a message. */
  readonly pattern: string;
  readonly count: number;
  /** Times of the first and the last of them, in Unix milliseconds. */
  readonly first: number;
  readonly last: number;
  /** Whether the first one is newer than `newMs`, and was not seen. */
  readonly isNew: boolean;
  /** The projects with most failures first. */
  readonly projects: readonly { readonly id: string; readonly count: number }[];
  /** The newest ones, newest first; at most `maxListed`. */
  readonly newest: readonly Failure[];
  /** Number of failures in each part of the time axis. */
  readonly bars: readonly number[];
}

export interface GroupedFailures {
  /** New groups first, then by count. */
  readonly groups: readonly FailureGroup[];
  readonly count: number;
  /** Time axis of all bars, in Unix milliseconds. */
  readonly from: number;
  readonly to: number;
}

/** A failure is new for this long, in milliseconds. */
const newMs = 10 * 60_000;

export const barCount = 30;
const maxListed = 30;
const minute = 60_000;
/** Lengths of the time axis: the first that reaches back to the oldest failure. */
const spans = [15 * minute, 60 * minute, 6 * 60 * minute, 24 * 60 * minute] as const;
const longest = 24 * 60 * minute;

interface Group {
  readonly pattern: string;
  readonly failures: Failure[];
  first: number;
  last: number;
  readonly projects: Map<string, number>;
}

// The pattern of an error never changes, and failures keep theirs while they are listed.
const patterns = new WeakMap<Failure, string>();

function patternOf(failure: Failure): string {
  let pattern = patterns.get(failure);
  if (pattern === undefined) patterns.set(failure, (pattern = errorPattern(failure.error ?? '')));
  return pattern;
}

/** Groups failures by the pattern of their errors. `now`, and `seenAt`, until when failures were seen, in Unix milliseconds. */
export function groupFailures(failures: Iterable<Failure>, now: number, seenAt = 0): GroupedFailures {
  const groups = new Map<string, Group>();
  let count = 0;
  let oldest = now;
  for (const failure of failures) {
    count++;
    oldest = Math.min(oldest, failure.at);
    const pattern = patternOf(failure);
    let group = groups.get(pattern);
    if (group === undefined) {
      group = { pattern, failures: [], first: failure.at, last: failure.at, projects: new Map() };
      groups.set(pattern, group);
    }
    group.failures.push(failure);
    group.first = Math.min(group.first, failure.at);
    group.last = Math.max(group.last, failure.at);
    const project = failure.project ?? '';
    group.projects.set(project, (group.projects.get(project) ?? 0) + 1);
  }
  const { from, to } = axis(oldest, now);
  return {
    groups: [...groups.values()].map((group) => finished(group, from, to, Math.max(now - newMs, seenAt))).sort(compareGroups),
    count,
    from,
    to,
  };
}

/** The axis moves by whole bars, so that the bars do not change their shape between two moves. */
function axis(oldest: number, now: number): { from: number; to: number } {
  const span = spans.find((length) => oldest >= now - length) ?? longest;
  const width = span / barCount;
  const to = Math.ceil((now + 1) / width) * width;
  return { from: to - span, to };
}

function finished({ pattern, failures, first, last, projects }: Group, from: number, to: number, newSince: number): FailureGroup {
  const bars = new Array<number>(barCount).fill(0);
  for (const { at } of failures) {
    const index = Math.floor(((at - from) / (to - from)) * barCount);
    if (index >= 0) bars[Math.min(index, barCount - 1)] = (bars[Math.min(index, barCount - 1)] ?? 0) + 1;
  }
  return {
    pattern,
    count: failures.length,
    first,
    last,
    isNew: first > newSince,
    projects: [...projects]
      .filter(([id]) => id !== '')
      .map(([id, of]) => ({ id, count: of }))
      .sort((a, b) => b.count - a.count || (a.id < b.id ? -1 : 1)),
    newest: failures.sort((a, b) => b.at - a.at || (a.id < b.id ? -1 : 1)).slice(0, maxListed),
    bars,
  };
}

function compareGroups(a: FailureGroup, b: FailureGroup): number {
  return Number(b.isNew) - Number(a.isNew) || b.count - a.count || b.last - a.last || (a.pattern < b.pattern ? -1 : 1);
}
