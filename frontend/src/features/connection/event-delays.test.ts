import type { FeedEntry } from 'cecelia-client/state';
import { describe, expect, it } from 'vitest';
import { connectionText } from './connection-text';
import { recentEventDelays } from './event-delays';

const now = Date.parse('2026-02-06T08:30:00Z');
let number = 0;

/** An event received now, with the given delay from publisher to relay and from relay to page. */
function entry(publisherMs: number, relayMs: number, more: Partial<FeedEntry> = {}): FeedEntry {
  const accepted = now - relayMs;
  const event = { event: 'log' as const, data: {}, timestamp: new Date(accepted - publisherMs).toISOString() };
  return { number: ++number, event, received: now, accepted, recovered: false, fromHistory: false, lag: null, ...more };
}

const textOf = (entries: readonly FeedEntry[], stallMs = 0) =>
  connectionText(
    { status: 'live', protocol: 'subprotocol', attempts: 0, lastConnected: now },
    now,
    0,
    recentEventDelays(entries, now),
    stallMs,
  );

describe('a live connection', () => {
  it('is behind if events from the relay are late, and reports a busy page', () => {
    expect(textOf([entry(5, 14_000)])).toEqual({
      health: 'warning',
      short: '14 s behind',
      long: 'Events are shown 14 s after the relay received them. The relay, the network or this page is slow.',
    });
    expect(textOf([entry(5, 14_000)], 9000).long).toContain('This page is busy.');
  });

  it('is up to date if a publisher is late or its clock is wrong', () => {
    const late = textOf([entry(14_000, 5)]);
    expect(late).toMatchObject({ health: 'good', short: 'Live' });
    expect(late.long).toBe('Up to date with the relay. Events reach the relay 14 s late: a publisher is slow, or its clock is behind.');
    expect(textOf([entry(-14_000, 5)]).long).toBe('Up to date with the relay. A publisher’s clock is 14 s ahead.');
    expect(textOf([entry(5, 5)]).long).toBe('Up to date with the relay.');
  });

  it('uses the median and excludes recovered events', () => {
    expect(textOf([entry(14_000, 5), entry(5, 5), entry(5, 5)]).long).toBe('Up to date with the relay.');
    expect(textOf([entry(5, 60_000, { recovered: true })]).long).toContain('No recent events');
    expect(textOf([]).long).toContain('No recent events');
    expect(recentEventDelays([entry(5, 5)], now + 60_000)).toBeNull();
  });

  it('has no delay if the times are unknown', () => {
    const { event } = entry(0, 0);
    expect(recentEventDelays([entry(0, 5, { event: { ...event, undated: true } })], now)).toEqual({ publisher: null, relay: 5 });
    expect(recentEventDelays([entry(0, 5, { accepted: null })], now)).toEqual({ publisher: null, relay: null });
  });
});
