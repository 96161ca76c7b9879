import { describe, expect, it } from 'vitest';
import type { FeedEntry } from '../state/live-view';
import { connectionWords } from './connection-words';
import { recentDelays } from './delays';

const now = Date.parse('2026-02-06T08:30:00Z');
let number = 0;

/** An event that came now: published so long before the relay had it, which was so long before this page had it. */
function entry(publisherMs: number, relayMs: number, more: Partial<FeedEntry> = {}): FeedEntry {
  const accepted = now - relayMs;
  const event = { event: 'log' as const, data: {}, timestamp: new Date(accepted - publisherMs).toISOString() };
  return { number: ++number, event, received: now, accepted, recovered: false, lag: null, ...more };
}

const words = (entries: readonly FeedEntry[], stallMs = 0) =>
  connectionWords({ status: 'live', protocol: 'rich', attempts: 0, lastConnected: now }, now, 0, recentDelays(entries, now), stallMs);

describe('a live connection', () => {
  it('is behind where events come late from the relay, and says whether this page is busy', () => {
    expect(words([entry(5, 14_000)])).toEqual({
      health: 'warning',
      short: '14 s behind',
      long: 'Events are shown 14 s after the relay received them. The relay, the network or this page is slow.',
    });
    expect(words([entry(5, 14_000)], 9000).long).toContain('This page is busy.');
  });

  it('is up to date where a publisher is late, or its clock is wrong', () => {
    const late = words([entry(14_000, 5)]);
    expect(late).toMatchObject({ health: 'good', short: 'Live' });
    expect(late.long).toBe('Up to date with the relay. Events reach the relay 14 s late: a publisher is slow, or its clock is behind.');
    expect(words([entry(-14_000, 5)]).long).toBe('Up to date with the relay. A publisher’s clock is 14 s ahead.');
    expect(words([entry(5, 5)]).long).toBe('Up to date with the relay.');
  });

  it('goes by the middle of several events, and not by those that were missed and sent later', () => {
    expect(words([entry(14_000, 5), entry(5, 5), entry(5, 5)]).long).toBe('Up to date with the relay.');
    expect(words([entry(5, 60_000, { recovered: true })]).long).toContain('No recent events');
    expect(words([]).long).toContain('No recent events');
    expect(recentDelays([entry(5, 5)], now + 60_000)).toBeNull();
  });

  it('has no delay where the times are not known', () => {
    const { event } = entry(0, 0);
    expect(recentDelays([entry(0, 5, { event: { ...event, undated: true } })], now)).toEqual({ publisher: null, relay: 5 });
    expect(recentDelays([entry(0, 5, { accepted: null })], now)).toEqual({ publisher: null, relay: null });
  });
});
