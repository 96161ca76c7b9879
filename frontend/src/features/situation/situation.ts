/** What is known at a moment, as input of `situationOf`. All times in Unix milliseconds of the relay's clock. */
export interface Facts {
  readonly now: number;
  readonly link: Link;
  /** Whether the state was received. */
  readonly hasState: boolean;
  /** Tasks and executors whose last event was before a gap. */
  readonly uncertain: { readonly tasks: number; readonly executors: number };
  /** The newest gap after which the state may be incomplete; `null`: none. */
  readonly gapAt: number | null;
  readonly counts: { readonly running: number; readonly queued: number; readonly executions: number };
  /** When failures were marked as seen, if that was within the window; `null`: all failures of the window are new. */
  readonly seenAt: number | null;
  /** The new failures by project; empty for those without one. */
  readonly newFailures: readonly { readonly project: string; readonly count: number; readonly since: number }[];
  /** Executors without a free slot. */
  readonly full: readonly { readonly executor: string; readonly since: number }[];
  readonly silent: { readonly tasks: number; readonly executions: number };
  /** Ids of the executions that wait for input. */
  readonly waitingForInput: readonly string[];
  readonly queue: { readonly oldest: number | null; readonly grownFrom: number | null; readonly grownSince: number | null };
}

/** The connection to the relay, and the relay's to Redis. */
export type Link =
  { readonly status: 'live' | 'loading' } | { readonly status: 'away' | 'signed-out' | 'degraded'; readonly since: number | null };

export type Tone = 'good' | 'notice' | 'bad' | 'unknown';

/** A part of the sentence. Times in Unix milliseconds of the relay's clock. */
export type Part =
  | { readonly kind: 'loading' | 'well' }
  | { readonly kind: 'away' | 'degraded' | 'signed-out'; readonly since: number | null }
  | { readonly kind: 'gap'; readonly since: number }
  | { readonly kind: 'uncertain'; readonly tasks: number }
  | { readonly kind: 'uncertain-executor' }
  | FailuresPart
  | { readonly kind: 'full'; readonly executor: string; readonly forMs: number }
  | { readonly kind: 'silent-tasks' | 'silent-executions'; readonly count: number }
  | { readonly kind: 'input'; readonly ids: readonly string[] }
  | { readonly kind: 'long-wait'; readonly forMs: number }
  | { readonly kind: 'queue-grows'; readonly from: number; readonly to: number; readonly since: number };

export interface FailuresPart {
  readonly kind: 'failures';
  readonly count: number;
  readonly since: number;
  /** Those with most failures first, at most three; empty if no failure has a project. */
  readonly projects: readonly { readonly project: string; readonly count: number }[];
  /** Number of failures of the other projects, and of none. */
  readonly others: number;
}

export interface Situation {
  readonly tone: Tone;
  /** In order of importance; never empty. */
  readonly parts: readonly Part[];
  /** What was counted, and when, if it is not current. `null`: nothing is known. */
  readonly detail: (Facts['counts'] & { readonly uncertain: number; readonly asOf: number | null; readonly seenAt: number | null }) | null;
}

/** Failures count as new for this long, in milliseconds, unless they were seen. */
export const windowMs = 10 * 60_000;
/** An executor without a free slot is reported after this time, a waiting task after that one, in milliseconds. */
const fullMs = 60_000;
export const longWaitMs = 5 * 60_000;
const maxProjects = 3;

/**
 * Says how the work is going. Whatever makes the data doubtful comes first; "well" is said only of complete and current data.
 *
 * Example: 3 new failures and a full executor have the parts `failures` and `full`.
 */
export function situationOf(facts: Facts): Situation {
  const { link, hasState } = facts;
  const doubts = doubtsOf(facts);
  if (!hasState) return { tone: doubts.length === 0 ? 'unknown' : 'bad', parts: orElse(doubts, { kind: 'loading' }), detail: null };
  const isCurrent = link.status === 'live';
  const problems = [...failuresOf(facts), ...(isCurrent ? currentProblems(facts) : [])];
  const parts = [...doubts, ...problems];
  const asOf = 'since' in link ? link.since : null;
  const detail = { ...facts.counts, uncertain: facts.uncertain.tasks, asOf, seenAt: facts.seenAt };
  if (parts.length === 0) return { tone: isCurrent ? 'good' : 'unknown', parts: [{ kind: isCurrent ? 'well' : 'loading' }], detail };
  return { tone: worst(parts), parts: isCurrent || doubts.length > 0 ? parts : [{ kind: 'loading' }, ...parts], detail };
}

function orElse(parts: readonly Part[], other: Part): readonly Part[] {
  return parts.length > 0 ? parts : [other];
}

function doubtsOf({ link, uncertain, gapAt, now }: Facts): Part[] {
  const parts: Part[] = [];
  if ('since' in link) parts.push({ kind: link.status, since: link.since });
  if (uncertain.tasks > 0) parts.push({ kind: 'uncertain', tasks: uncertain.tasks });
  else if (uncertain.executors > 0) parts.push({ kind: 'uncertain-executor' });
  if (gapAt !== null && link.status === 'live' && now - gapAt < windowMs) parts.push({ kind: 'gap', since: gapAt });
  return parts;
}

function failuresOf({ newFailures }: Facts): FailuresPart[] {
  if (newFailures.length === 0) return [];
  const sorted = newFailures.filter(({ project }) => project !== '').sort((a, b) => b.count - a.count || (a.project < b.project ? -1 : 1));
  const projects = sorted.slice(0, maxProjects).map(({ project, count }) => ({ project, count }));
  const sum = (some: readonly { readonly count: number }[]) => some.reduce((total, { count }) => total + count, 0);
  const count = sum(newFailures);
  const since = Math.min(...newFailures.map((failures) => failures.since));
  return [{ kind: 'failures', count, since, projects, others: count - sum(projects) }];
}

function currentProblems({ full, silent, waitingForInput, queue, counts, now }: Facts): Part[] {
  const parts: Part[] = [];
  for (const { executor, since } of full) if (now - since >= fullMs) parts.push({ kind: 'full', executor, forMs: now - since });
  if (silent.tasks > 0) parts.push({ kind: 'silent-tasks', count: silent.tasks });
  if (silent.executions > 0) parts.push({ kind: 'silent-executions', count: silent.executions });
  if (waitingForInput.length > 0) parts.push({ kind: 'input', ids: waitingForInput });
  if (queue.oldest !== null && now - queue.oldest >= longWaitMs) parts.push({ kind: 'long-wait', forMs: now - queue.oldest });
  if (queue.grownFrom !== null && queue.grownSince !== null)
    parts.push({ kind: 'queue-grows', from: queue.grownFrom, to: counts.queued, since: queue.grownSince });
  return parts;
}

function worst(parts: readonly Part[]): Tone {
  const bad: readonly Part['kind'][] = ['away', 'degraded', 'signed-out', 'failures'];
  return parts.some(({ kind }) => bad.includes(kind)) ? 'bad' : 'notice';
}
