import { parseTimestamp } from '../../../format/format-time';
import { isObject } from '../../../features/relay/relay-api';

/** The values of a minute (PROTOCOL.md, "Minutes over HTTP"). A histogram has up to 16 buckets; those at its end that are empty are left out. */
export interface MinuteRow {
  readonly created: number;
  readonly ended: number;
  readonly completed: number;
  readonly failed: number;
  readonly run: readonly number[];
  readonly queue: readonly number[];
  readonly lag: readonly number[];
}

/** The rows of the last minutes of all projects, or of one. */
export interface Minutes {
  /** Start of the first row, in Unix milliseconds. */
  readonly from: number;
  /** Since when minutes are known, in Unix milliseconds; `null`: nothing was observed yet. */
  readonly since: number | null;
  /** Why nothing is known from before `since`. */
  readonly reason: string;
  /** The token is limited, so that the sum of all projects is not available. */
  readonly isLimited: boolean;
  /** Upper bounds of the buckets in milliseconds; the last bucket has none. */
  readonly bounds: Readonly<Record<'run' | 'queue' | 'lag', readonly number[]>>;
  /** Oldest first; `null`: unknown. */
  readonly rows: readonly (MinuteRow | null)[];
  /** `true`: observed completely. */
  readonly complete: readonly (boolean | null)[];
  /** Highest number of slots in use, and number of all slots; `null`: unknown. */
  readonly slots: readonly (readonly [used: number, all: number] | null)[];
}

/** Parses a response. `project`: whose rows; `null`: all projects. @throws TypeError if it is not as expected. */
export function parseMinutes(body: unknown, project: string | null): Minutes {
  if (!isObject(body) || !isObject(body.bounds)) throw new TypeError('The relay returned no minutes');
  const { runMs, queueMs, lagMs } = body.bounds;
  const projects = isObject(body.projects) ? body.projects : {};
  const series: unknown = project === null ? body.all : projects[project];
  const complete = arrayOf(body.complete).map((value) => (typeof value === 'boolean' ? value : null));
  const from = parseTimestamp(String(body.from));
  if (from === null) throw new TypeError('The minutes of the relay have no start');
  return {
    from,
    since: typeof body.since === 'string' ? parseTimestamp(body.since) : null,
    reason: String(body.reason),
    isLimited: body.limited === true && project === null,
    bounds: { run: numbersOf(runMs), queue: numbersOf(queueMs), lag: numbersOf(lagMs) },
    rows: complete.map((_, index) => rowOf(Array.isArray(series) ? (series as unknown[])[index] : null)),
    complete,
    slots: complete.map((_, index) => slotsOf(arrayOf(body.slots)[index])),
  };
}

function rowOf(value: unknown): MinuteRow | null {
  if (!Array.isArray(value)) return null;
  const [created, ended, completed, failed, run, queue, lag] = value as unknown[];
  return {
    created: Number(created),
    ended: Number(ended),
    completed: Number(completed),
    failed: Number(failed),
    run: numbersOf(run),
    queue: numbersOf(queue),
    lag: numbersOf(lag),
  };
}

function slotsOf(value: unknown): readonly [number, number] | null {
  const [highest, , all] = numbersOf(value);
  return highest === undefined || all === undefined ? null : [highest, all];
}

function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function numbersOf(value: unknown): readonly number[] {
  return arrayOf(value).map(Number);
}
