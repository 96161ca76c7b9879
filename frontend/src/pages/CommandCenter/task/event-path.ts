import type { TaskEntity } from 'cecelia-client';
import { eventIds, type FeedEntry } from 'cecelia-client/state';
import { parseTimestamp } from '../../../format/format-time';
import { t } from '../../../i18n/messages';

/** Timestamps of the last event of a task on its way to this page, in Unix milliseconds by the relay's clock; `published` by the publisher's clock. */
export interface EventPath {
  readonly name: string;
  readonly publisher: string | undefined;
  /** `null` if the event has no publisher timestamp. */
  readonly published: number | null;
  /** When the relay received it; `null` if unknown. */
  readonly relayed: number | null;
  /** When this page received it; `null` if it came with a snapshot or from the history. */
  readonly shown: number | null;
}

/** Returns the newest event of a task in the feed. */
export function lastEventOf(feed: readonly FeedEntry[], taskId: string): FeedEntry | undefined {
  return feed.findLast(({ event }) => eventIds(event).taskId === taskId);
}

/** `isFromRelay` is true if `task` was fetched from the relay, false if it is the state of this page. */
export function eventPath(task: TaskEntity, isFromRelay: boolean, entry: FeedEntry | undefined): EventPath {
  const { undated, timestamp } = entry?.event ?? task;
  const published = undated === true ? null : parseTimestamp(timestamp);
  // The receive time of the task belongs to this event only if no newer event has arrived.
  const isSame = entry === undefined || task.timestamp === timestamp;
  return {
    name: entry?.event.event ?? task.changes?.at(-1)?.event ?? t('task.path.unknown-event'),
    publisher: task.source,
    published,
    relayed: entry?.accepted ?? (isFromRelay && isSame ? parseTimestamp(task.received) : null),
    shown: entry?.fromHistory === false ? entry.received : null,
  };
}
