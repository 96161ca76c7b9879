import type { FeedEntry } from '../state/live-view';
import { momentOf } from './time-words';

/** How late the newest events are, in milliseconds; each the median, `null` where it is not known. */
export interface Delays {
  /** From the publisher's time to the relay. Below zero: the publisher's clock is ahead. */
  readonly publisher: number | null;
  /** From the relay to this page. */
  readonly relay: number | null;
}

/** Events that are looked at: the newest, and those of the seconds before it. */
const most = 50;
const withinMs = 3000;
/** An event older than this says nothing about now. */
const staleMs = 30_000;

/** `now` in Unix milliseconds of the relay's clock; `null`: no event came lately. */
export function recentDelays(feed: readonly FeedEntry[], now: number): Delays | null {
  const newest = feed.at(-1);
  if (newest === undefined || now - newest.received > staleMs) return null;
  // What was missed and sent later is late for another reason.
  const entries = feed.slice(-most).filter(({ received, recovered }) => !recovered && newest.received - received <= withinMs);
  if (entries.length === 0) return null;
  return {
    publisher: median(entries.map(({ event, accepted }) => less(accepted, event.undated === true ? null : momentOf(event.timestamp)))),
    relay: median(entries.map(({ received, accepted }) => less(received, accepted))),
  };
}

function less(later: number | null, earlier: number | null): number | null {
  return later === null || earlier === null ? null : later - earlier;
}

function median(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  return known[Math.floor(known.length / 2)] ?? null;
}
