import { exactJson } from '../../../services/exact-json';
import type { FeedEntry, KnownGap, LiveView } from '../../../state/live-view';
import { eventProject } from './event-words';

export interface FeedFilter {
  /** An event's name; empty for all. */
  readonly name: string;
  readonly project: string | null;
  /** Text that the event's JSON holds, in any case; empty for all. */
  readonly search: string;
}

type FeedView = Pick<LiveView, 'feed' | 'gaps' | 'version'>;

/**
 * The entries of a feed that a filter lets through, oldest first, and the gaps between them. `sync` looks at new entries alone. A feed is bounded: what left
 * it leaves this too.
 */
export class FeedList {
  readonly names = new Set<string>();
  #events: FeedEntry[] = [];
  #entries: readonly (FeedEntry | KnownGap)[] = this.#events;
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

  /** How many of the entries are events. */
  get events(): number {
    return this.#events.length;
  }

  /** How many entries the filter has let through, with those that are gone. */
  get passed(): number {
    return this.#passed;
  }

  /** Takes over what is new. The answer is another one after each change of the feed or the gaps. */
  sync(): number {
    const version = this.#view.version('feed') + this.#view.version('gaps');
    if (version === this.#version) return version;
    this.#version = version;
    const { feed, gaps } = this.#view;
    for (let at = firstAfter(feed, this.#seen); at < feed.length; at++) {
      const entry = feed[at];
      if (entry === undefined) continue;
      if (this.names.size < 500) this.names.add(entry.event.event);
      if (!this.#lets(entry)) continue;
      this.#events.push(entry);
      this.#passed++;
    }
    this.#seen = feed.at(-1)?.number ?? this.#seen;
    const before = (feed[0]?.number ?? 1) - 1;
    const gone = firstAfter(this.#events, before);
    if (gone > 0) this.#events.splice(0, gone);
    this.#entries = withGaps(
      this.#events,
      gaps.filter(({ after }) => after >= before),
    );
    return version;
  }

  #lets({ event }: FeedEntry): boolean {
    const { name, project, search } = this.#filter;
    if (name !== '' && event.event !== name) return false;
    if (project !== null && eventProject(event) !== project) return false;
    return search === '' || exactJson(event).toLowerCase().includes(search);
  }
}

export function isGap(entry: FeedEntry | KnownGap): entry is KnownGap {
  return 'gap' in entry;
}

/** Both in one list, each gap behind the events that came before it. */
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

/** The index of the first entry behind that number. */
function firstAfter(entries: readonly FeedEntry[], number: number): number {
  let [from, to] = [0, entries.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((entries[middle]?.number ?? Infinity) <= number) from = middle + 1;
    else to = middle;
  }
  return from;
}
