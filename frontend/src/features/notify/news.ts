import type { OutageKind, Outage } from '../situation/page-marks';
import { failureKey } from '../situation/unseen-failures';
import type { NotifySettings } from './notify-settings';

/** Something that may be worth a notification. */
export interface Item {
  readonly kind: 'task' | 'execution';
  readonly id: string;
  readonly title: string;
  readonly project: string | undefined;
  /** When it happened, in Unix milliseconds of the relay's clock. For what lasts, any constant. */
  readonly at: number;
}

/** What is known at a moment. */
export interface Observed {
  /** Unix milliseconds of the relay's clock. */
  readonly at: number;
  readonly hasState: boolean;
  readonly isLive: boolean;
  readonly outage: Outage | null;
  readonly failures: readonly Item[];
  readonly input: readonly Item[];
  readonly silent: readonly Item[];
}

/** What is new since the last observation. */
export interface News {
  readonly failures: readonly Item[];
  readonly input: readonly Item[];
  readonly silent: readonly Item[];
  readonly link: OutageKind | null;
}

export const noNews: News = { failures: [], input: [], silent: [], link: null };

/** Older failures are history, as after a long outage of this page. In milliseconds. */
const freshMs = 10 * 60_000;
/** Outages that are shorter than this are not reported, such as those of a restart. In milliseconds. */
const outageMs = 10_000;

type ListName = 'failures' | 'input' | 'silent';

/**
 * Finds what is new from one observation to the next. Nothing is new in the first one with state: it is the history. Nothing is new twice, also if the same
 * events are replayed.
 */
export class NewsFinder {
  readonly #known: Record<ListName, ReadonlySet<string> | null> = { failures: null, input: null, silent: null };
  #outageSince: number | null = null;
  #isOutageReported = false;

  update(observed: Observed): News {
    if (!observed.hasState) return noNews;
    const fresh = (item: Item) => observed.at - item.at < freshMs;
    return {
      failures: this.#newOf('failures', observed.failures).filter(fresh),
      // What waits or is silent is known only while the connection is live. An outage does not make it new.
      input: observed.isLive ? this.#newOf('input', observed.input) : [],
      silent: observed.isLive ? this.#newOf('silent', observed.silent) : [],
      link: this.#newOutage(observed),
    };
  }

  #newOf(name: ListName, items: readonly Item[]): readonly Item[] {
    const known = this.#known[name];
    this.#known[name] = new Set(items.map(failureKey));
    return known === null ? [] : items.filter((item) => !known.has(failureKey(item)));
  }

  #newOutage({ outage, at }: Observed): OutageKind | null {
    if (outage === null) {
      this.#outageSince = null;
      this.#isOutageReported = false;
      return null;
    }
    this.#outageSince ??= at;
    if (this.#isOutageReported || at - this.#outageSince < outageMs) return null;
    this.#isOutageReported = true;
    return outage.kind;
  }
}

/** The news that the settings ask for. */
export function wantedNews(news: News, { isOn, kinds, projects }: NotifySettings): News {
  if (!isOn) return noNews;
  const inProjects = ({ project }: Item) => projects === null || projects.includes(project ?? '');
  const of = (name: ListName) => (kinds.includes(name) ? news[name].filter(inProjects) : []);
  return { failures: of('failures'), input: of('input'), silent: of('silent'), link: kinds.includes('link') ? news.link : null };
}

/** Maximum number of items that are kept for one notification. */
const maxItems = 1000;

export function mergeNews(one: News, other: News): News {
  const merged = (name: ListName) => [...one[name], ...other[name]].slice(0, maxItems);
  return { failures: merged('failures'), input: merged('input'), silent: merged('silent'), link: other.link ?? one.link };
}

export function isEmpty({ failures, input, silent, link }: News): boolean {
  return failures.length + input.length + silent.length === 0 && link === null;
}
