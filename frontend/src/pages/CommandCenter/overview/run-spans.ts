import type { TaskEntity } from 'cecelia-client';
import { parseTimestamp } from '../../../format/format-time';
import { type StatusKind, statusKind } from '../../../format/status-kind';

/** A time in which a task was running. */
export interface RunSpan {
  /** Unique among all spans. */
  readonly key: string;
  readonly taskId: string;
  /** Unix milliseconds. */
  readonly from: number;
  /** `null`: it is still running. */
  readonly to: number | null;
  /** What it changed to; `running` while it runs. */
  readonly outcome: StatusKind;
}

/** The relay keeps the first change and the newest 31. With that many, changes after the first one may be missing. */
const maxChanges = 32;

const cache = new WeakMap<object, readonly RunSpan[]>();

/** Returns when a task was running, oldest first. The spans of an unchanged task are the same objects. */
export function runSpans({ id, changes }: TaskEntity): readonly RunSpan[] {
  if (changes === undefined) return [];
  let spans = cache.get(changes);
  if (spans === undefined) cache.set(changes, (spans = compute(id, changes)));
  return spans;
}

function compute(taskId: string, changes: NonNullable<TaskEntity['changes']>): RunSpan[] {
  const spans: RunSpan[] = [];
  let from: number | null = null;
  const add = (to: number | null, outcome: StatusKind) => {
    if (from !== null) spans.push({ key: `${taskId}\u0000${from}`, taskId, from, to: to === null ? null : Math.max(from, to), outcome });
    from = null;
  };
  changes.forEach(({ status, timestamp }, index) => {
    if (status === undefined) return;
    const at = parseTimestamp(timestamp);
    if (at === null) return;
    // The end of a run that began with the first change may be missing.
    if (index === 1 && changes.length >= maxChanges) from = null;
    const kind = statusKind(status);
    if (kind !== 'running') add(at, kind);
    else from ??= at;
  });
  add(null, 'running');
  return spans;
}
