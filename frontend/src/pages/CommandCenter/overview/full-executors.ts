import type { LiveView } from 'cecelia-client/state';
import { parseTimestamp } from '../../../format/format-time';

/** A slot that is free for less than this is taken again by the next task: the executor counts as full throughout. */
const briefMs = 5000;

interface Sample {
  readonly executor: string;
  /** Unix milliseconds of the relay's clock. */
  readonly at: number;
  readonly isFull: boolean;
}

interface Full {
  readonly since: number;
  /** Since when a slot is free again; `null`: none is. */
  freeSince: number | null;
}

/**
 * Since when each executor has had no free slot, from its status events. After a gap it begins again.
 *
 * Example: full at 12:00:00, a free slot from 12:03:10 to 12:03:11, full at 12:04:00: it has been full since 12:00:00.
 */
export class FullExecutors {
  readonly #view: Pick<LiveView, 'feed' | 'gaps' | 'sections'>;
  readonly #full = new Map<string, Full>();
  #lastNumber = 0;
  #lastGap = 0;

  constructor(view: Pick<LiveView, 'feed' | 'gaps' | 'sections'>) {
    this.#view = view;
  }

  /** Reads the new events. */
  update(): void {
    const { feed, gaps, sections } = this.#view;
    const gap = gaps.at(-1);
    if (gap !== undefined && gap.number !== this.#lastGap) {
      this.#lastGap = gap.number;
      this.#full.clear();
      this.#lastNumber = Math.max(this.#lastNumber, gap.after);
    }
    for (const entry of newerThan(feed, this.#lastNumber)) {
      this.#lastNumber = entry.number;
      if (entry.event.event !== 'executor:status' || entry.event.reply_to !== undefined) continue;
      const { availableSlots } = entry.event.data as { availableSlots?: unknown };
      if (typeof availableSlots !== 'number') continue;
      this.#add({ executor: entry.event.source ?? '', at: entry.received, isFull: availableSlots <= 0 });
    }
    // The state may hold a status without its event, from a snapshot.
    for (const { id, data, received, uncertain } of sections.executor.values()) {
      const at = parseTimestamp(received);
      if (at !== null && uncertain !== true && data?.availableSlots != null)
        this.#add({ executor: id, at, isFull: data.availableSlots <= 0 });
    }
    for (const id of this.#full.keys()) if (!sections.executor.has(id)) this.#full.delete(id);
  }

  /** Since when the executor is full, in Unix milliseconds of the relay's clock; `null`: it is not, or this is unknown. `now` by that clock, too. */
  since(executor: string, now: number): number | null {
    const full = this.#full.get(executor);
    if (full === undefined || this.#view.sections.executor.get(executor)?.uncertain === true) return null;
    return full.freeSince === null || now - full.freeSince < briefMs ? full.since : null;
  }

  #add({ executor, at, isFull }: Sample): void {
    const full = this.#full.get(executor);
    if (full === undefined) {
      if (isFull) this.#full.set(executor, { since: at, freeSince: null });
    } else if (!isFull) full.freeSince ??= at;
    else if (full.freeSince !== null && at - full.freeSince >= briefMs) this.#full.set(executor, { since: at, freeSince: null });
    else if (full.freeSince !== null && at > full.freeSince) full.freeSince = null;
  }
}

/** The entries with greater numbers, oldest first. */
function newerThan(feed: LiveView['feed'], number: number): LiveView['feed'] {
  let at = feed.length;
  while (at > 0 && (feed[at - 1]?.number ?? 0) > number) at--;
  return feed.slice(at);
}
