import { exactJson } from 'cecelia-client';
import type { FeedEntry, KnownGap, LiveView } from 'cecelia-client/state';
import { eventProject } from './event-text';

export interface FeedFilter {
  /** Event name; empty for all. */
  readonly name: string;
  readonly project: string | null;
  /** Text to find in the event's JSON, case-insensitive; empty for all. */
  readonly search: string;
}

type FeedView = Pick<LiveView, 'feed' | 'gaps' | 'version'>;

/**
 * The entries of a feed that pass a filter, oldest first, with the gaps between them. `sync` processes only new entries. A feed is bounded: entries removed
 * from it are removed here too.
 */
export class FeedList {
  readonly names = new Set<string>();
  #events: FeedEntry[] = [];
  #entries: readonly (FeedEntry | KnownGap)[] = this.#events;
  /** The numbers of the first and the last entry that were processed. */
  #first = 1;
  #seen = 0;
  #passed = 0;
  #version = Number.NaN;
  readonly #view: FeedView;
  readonly #filter: FeedFilter;

  constructor(view: FeedView, filter: FeedFilter) {
    this.#view = view;
    this.#filter = { ...filter, search: filter.search.trim().toLowerCase() };
  }

  get entries(): readonly (FeedEntry | KnownGap)[] {
    return this.#entries;
  }

  /** Number of events among the entries. */
  get events(): number {
    return this.#events.length;
  }

  /** Total number of events that have passed the filter, including removed ones. */
  get passed(): number {
    return this.#passed;
  }

  /** Adds new entries. Returns a version that changes with the feed and the gaps. */
  sync(): number {
    const version = this.#view.version('feed') + this.#view.version('gaps');
    if (version === this.#version) return version;
    this.#version = version;
    const { feed, gaps } = this.#view;
    this.#removeAfter(feed.at(-1)?.number ?? 0);
    for (let at = firstAfter(feed, this.#seen); at < feed.length; at++) {
      const entry = feed[at];
      if (entry === undefined) continue;
      if (this.names.size < 500) this.names.add(entry.event.event);
      if (!this.#matches(entry)) continue;
      this.#events.push(entry);
      this.#passed++;
    }
    this.#seen = feed.at(-1)?.number ?? this.#seen;
    this.#addEarlier();
    const before = (feed[0]?.number ?? 1) - 1;
    const removed = firstAfter(this.#events, before);
    if (removed > 0) this.#events.splice(0, removed);
    this.#entries = withGaps(
      this.#events,
      gaps.filter(({ after }) => after >= before),
    );
    return version;
  }

  /** Removes the entries after a number: an earlier moment of the history is shown. */
  #removeAfter(last: number): void {
    if (last >= this.#seen) return;
    this.#events.splice(firstAfter(this.#events, last));
    this.#seen = last;
    this.#first = Math.min(this.#first, last + 1);
  }

  /** Adds the entries that were put before those that are known. */
  #addEarlier(): void {
    const { feed } = this.#view;
    const earlier = feed.slice(0, firstAfter(feed, this.#first - 1));
    this.#first = feed[0]?.number ?? this.#first;
    for (const { event } of earlier) if (this.names.size < 500) this.names.add(event.event);
    this.#events.unshift(...earlier.filter((entry) => this.#matches(entry)));
  }

  #matches({ event }: FeedEntry): boolean {
    const { name, project, search } = this.#filter;
    if (name !== '' && event.event !== name) return false;
    if (project !== null && eventProject(event) !== project) return false;
    return search === '' || exactJson(event).toLowerCase().includes(search);
  }
}

export function isGap(entry: FeedEntry | KnownGap): entry is KnownGap {
  return 'gap' in entry;
}

/** Merges events and gaps. Each gap follows the events received before it. */
function withGaps(events: readonly FeedEntry[], gaps: readonly KnownGap[]): readonly (FeedEntry | KnownGap)[] {
  if (gaps.length === 0) return events;
  let from = 0;
  const parts = gaps.map((known) => {
    const to = firstAfter(events, known.after);
    const before = events.slice(from, to);
    from = to;
    return [...before, known];
  });
  return [...parts.flat(), ...events.slice(from)];
}

/** Returns the index of the first entry after a number. */
function firstAfter(entries: readonly FeedEntry[], number: number): number {
  let [from, to] = [0, entries.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((entries[middle]?.number ?? Infinity) <= number) from = middle + 1;
    else to = middle;
  }
  return from;
}
