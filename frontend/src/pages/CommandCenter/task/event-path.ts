import { momentOf } from '../../../components/time-words';
import { eventIds } from '../../../state/arrival';
import type { FeedEntry } from '../../../state/live-view';
import type { TaskEntity } from '../../../types/messages';

/** Where the last event of a task came by, and when; Unix milliseconds of the relay's clock, the publisher's by its own. */
export interface EventPath {
  readonly name: string;
  readonly publisher: string | undefined;
  /** `null`: the publisher gave no time. */
  readonly published: number | null;
  /** When the relay received it; `null`: not known. */
  readonly relayed: number | null;
  /** When this page had it; `null`: it came with the state, when the page connected or came back. */
  readonly shown: number | null;
}

/** The newest event of a task in the feed. */
export function lastEventOf(feed: readonly FeedEntry[], taskId: string): FeedEntry | undefined {
  return feed.findLast(({ event }) => eventIds(event).taskId === taskId);
}

/** `task` by the relay's word where `isFromRelay`, else by this page's. */
export function eventPath(task: TaskEntity, isFromRelay: boolean, entry: FeedEntry | undefined): EventPath {
  const { undated, timestamp } = entry?.event ?? task;
  const published = undated === true ? null : momentOf(timestamp);
  // The relay's own word on the task is about this event only where no newer one has come.
  const isSame = entry === undefined || task.timestamp === timestamp;
  return {
    name: entry?.event.event ?? task.changes?.at(-1)?.event ?? 'an event',
    publisher: task.source,
    published,
    relayed: entry?.accepted ?? (isFromRelay && isSame ? momentOf(task.received) : null),
    shown: entry?.received ?? null,
  };
}
