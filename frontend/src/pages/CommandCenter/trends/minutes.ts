import type { MinuteRow as ReceivedRow, MinuteSlots, MinutesResponse } from 'cecelia-client';
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
  readonly reason: MinutesResponse['reason'];
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
  if (!isResponse(body)) throw new TypeError('The relay returned no minutes');
  const { runMs, queueMs, lagMs } = body.bounds;
  const from = parseTimestamp(body.from);
  if (from === null) throw new TypeError('The minutes of the relay have no start');
  const series = project === null ? body.all : body.projects[project];
  return {
    from,
    since: body.since === null ? null : parseTimestamp(body.since),
    reason: body.reason,
    isLimited: body.limited && project === null,
    bounds: { run: runMs, queue: queueMs, lag: lagMs },
    rows: body.complete.map((_, index) => rowOf(series?.[index])),
    complete: body.complete,
    slots: body.complete.map((_, index) => slotsOf(body.slots?.[index])),
  };
}

/** Whether it has the members of a response. Their content is that of the contract. */
function isResponse(body: unknown): body is MinutesResponse {
  return isObject(body) && isObject(body.bounds) && isObject(body.projects) && Array.isArray(body.complete);
}

function rowOf(row: ReceivedRow | null | undefined): MinuteRow | null {
  if (row === null || row === undefined) return null;
  const [created, ended, completed, failed, run, queue, lag] = row;
  return {
    created: Number(created),
    ended: Number(ended),
    completed: Number(completed),
    failed: Number(failed),
    run: histogramOf(run),
    queue: histogramOf(queue),
    lag: histogramOf(lag),
  };
}

/** The contract does not say which of the values are counts and which are histograms. */
function histogramOf(value: ReceivedRow[number]): readonly number[] {
  return typeof value === 'number' ? [] : value;
}

function slotsOf(slots: MinuteSlots | null | undefined): readonly [number, number] | null {
  return slots === null || slots === undefined ? null : [slots[0], slots[2]];
}
