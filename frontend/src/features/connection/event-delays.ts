import type { FeedEntry } from 'cecelia-client/state';
import { parseTimestamp } from '../../format/format-time';

/** Median delays of the newest events in milliseconds; `null` if unknown. */
export interface EventDelays {
  /** From the publisher's timestamp to the relay. Negative if the publisher's clock is ahead. */
  readonly publisher: number | null;
  /** From the relay to this page. */
  readonly relay: number | null;
}

/** Sample: at most this many events, no older than this relative to the newest. */
const maxEvents = 50;
const withinMs = 3000;
/** The newest event must not be older than this. */
const staleMs = 30_000;

/** Computes the delays. `now` is in Unix milliseconds by the relay's clock. Returns `null` without recent events. */
export function recentEventDelays(feed: readonly FeedEntry[], now: number): EventDelays | null {
  const newest = feed.at(-1);
  if (newest === undefined || now - newest.received > staleMs) return null;
  // Excluded are recovered events, which are late because the page was disconnected, and those from before the page was opened.
  const entries = feed
    .slice(-maxEvents)
    .filter(({ received, recovered, fromHistory }) => !recovered && !fromHistory && newest.received - received <= withinMs);
  if (entries.length === 0) return null;
  return {
    publisher: median(
      entries.map(({ event, accepted }) => difference(accepted, event.undated === true ? null : parseTimestamp(event.timestamp))),
    ),
    relay: median(entries.map(({ received, accepted }) => difference(received, accepted))),
  };
}

function difference(later: number | null, earlier: number | null): number | null {
  return later === null || earlier === null ? null : later - earlier;
}

function median(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  return known[Math.floor(known.length / 2)] ?? null;
}
