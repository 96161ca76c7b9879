import type { FeedEntry, LiveView } from '../../../state/live-view';
import { eventProject } from './event-words';

export interface FeedFilter {
  /** An event's name; empty for all. */
  readonly name: string;
  readonly project: string | null;
  /** Text that the event's JSON holds, in any case; empty for all. */
  readonly search: string;
}

/**
 * The entries of a feed that a filter lets through, oldest first. `sync` looks at new entries alone. A feed is bounded: what left it leaves this too.
 */
export class FeedList {
  readonly names = new Set<string>();
  #entries: FeedEntry[] = [];
  #seen = 0;
  #passed = 0;
  #version = Number.NaN;
  readonly #view: Pick<LiveView, 'feed' | 'version'>;
  readonly #filter: FeedFilter;

  constructor(view: Pick<LiveView, 'feed' | 'version'>, filter: FeedFilter) {
    this.#view = view;
    this.#filter = { ...filter, search: filter.search.trim().toLowerCase() };
  }

  get entries(): readonly FeedEntry[] {
    return this.#entries;
  }

  /** How many entries the filter has let through, with those that are gone. */
  get passed(): number {
    return this.#passed;
  }

  /** Takes over what is new. The answer is another one after each change of the feed. */
  sync(): number {
    const version = this.#view.version('feed');
    if (version === this.#version) return version;
    this.#version = version;
    const { feed } = this.#view;
    for (let at = firstAfter(feed, this.#seen); at < feed.length; at++) {
      const entry = feed[at];
      if (entry === undefined) continue;
      if (this.names.size < 500) this.names.add(entry.event.event);
      if (!this.#lets(entry)) continue;
      this.#entries.push(entry);
      this.#passed++;
    }
    this.#seen = feed.at(-1)?.number ?? this.#seen;
    const gone = firstAfter(this.#entries, (feed[0]?.number ?? 1) - 1);
    if (gone > 0) this.#entries.splice(0, gone);
    return version;
  }

  #lets({ event }: FeedEntry): boolean {
    const { name, project, search } = this.#filter;
    if (name !== '' && event.event !== name) return false;
    if (project !== null && eventProject(event) !== project) return false;
    return search === '' || JSON.stringify(event).toLowerCase().includes(search);
  }
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
