import type { FeedEntry, KnownGap } from 'cecelia-client/state';
import { describe, expect, it } from 'vitest';
import { eventKind, eventText } from './event-text';
import { type FeedFilter, FeedList, isGap } from './feed-list';

const all: FeedFilter = { name: '', project: null, search: '' };

function entry(number: number, event = 'task:progress', data: Record<string, unknown> = {}, project?: string): FeedEntry {
  const timestamp = '2026-02-06T08:30:00Z';
  return {
    number,
    received: 0,
    accepted: null,
    recovered: false,
    fromHistory: number < 1,
    lag: 0,
    event: { event, data, timestamp, ...(project !== undefined && { project_id: project }) },
  };
}

function feedOf(limit: number, filter: Partial<FeedFilter> = {}) {
  const feed: FeedEntry[] = [];
  const gaps: KnownGap[] = [];
  let version = 0;
  const list = new FeedList({ feed, gaps, version: () => version }, { ...all, ...filter });
  return {
    list,
    add: (...entries: FeedEntry[]) => {
      feed.push(...entries);
      feed.splice(0, feed.length - limit);
      version++;
      list.sync();
    },
    gap: (after: number) => {
      gaps.push({ number: gaps.length + 1, gap: { cause: 'not_recovered', missed: null, from: null, to: null }, at: 0, after });
      version++;
      list.sync();
    },
    /** As the history does when it moves: the feed has other entries. */
    show: (...entries: FeedEntry[]) => {
      feed.splice(0, feed.length, ...entries);
      version++;
      list.sync();
    },
    kinds: () => list.entries.map((one) => (isGap(one) ? 'gap' : one.number)),
    numbers: () => list.entries.map(({ number }) => number),
  };
}

describe('FeedList', () => {
  it('follows a feed that goes back and forth', () => {
    const { show, numbers } = feedOf(3);
    const from = (first: number) => [entry(first), entry(first + 1), entry(first + 2)];
    show(...from(5));
    show(...from(2));
    expect(numbers()).toEqual([2, 3, 4]);
    show(...from(9));
    show(...from(8));
    expect(numbers()).toEqual([8, 9, 10]);
    show();
    expect(numbers()).toEqual([]);
    show(...from(1));
    expect(numbers()).toEqual([1, 2, 3]);
  });

  it('adds new entries and removes those that left the feed', () => {
    const { add, numbers, list } = feedOf(3);
    add(entry(1), entry(2));
    add(entry(3), entry(4));
    expect(numbers()).toEqual([2, 3, 4]);
    expect(list.passed).toBe(4);
  });

  it('counts only events that pass the filter', () => {
    const { add, numbers, list } = feedOf(10, { name: 'log', project: 'p1' });
    add(entry(1, 'log', {}, 'p1'), entry(2, 'log', {}, 'p2'), entry(3, 'task:failed', {}, 'p1'), entry(4, 'log', { project_id: 'p1' }));
    expect(numbers()).toEqual([1, 4]);
    expect(list.passed).toBe(2);
    expect([...list.names]).toEqual(['log', 'task:failed']);
  });

  it('keeps gaps between events regardless of the filter, until the events after them are removed', () => {
    const { add, gap, kinds, list } = feedOf(3, { name: 'log' });
    add(entry(1, 'log'), entry(2));
    gap(2);
    gap(2);
    add(entry(3, 'log'));
    gap(3);
    expect(kinds()).toEqual([1, 'gap', 'gap', 3, 'gap']);
    expect(list.events).toBe(2);
    add(entry(4, 'log'), entry(5, 'log'), entry(6, 'log'));
    expect(kinds()).toEqual(['gap', 4, 5, 6]);
    expect(list.events).toBe(3);
  });

  it('finds text anywhere in an event, case-insensitively', () => {
    const { add, numbers } = feedOf(10, { search: ' DISK ' });
    add(entry(1, 'task:failed', { error: 'no disk' }), entry(2), entry(3, 'disk:full'));
    expect(numbers()).toEqual([1, 3]);
  });

  it('holds the newest events if more arrived between two syncs than the feed holds', () => {
    const { add, numbers } = feedOf(2);
    add(entry(1));
    add(entry(5), entry(6));
    expect(numbers()).toEqual([5, 6]);
  });
});

describe('eventText', () => {
  it('contains the subject and the message', () => {
    expect(eventText(entry(1, 'task:progress', { taskId: 't1', title: 'Index', progress: 41.6 }).event)).toBe('t1 · Index · 42%');
    expect(eventText(entry(1, 'executor:status', { activeCount: 3, availableSlots: 1 }).event)).toBe('3 of 4 slots used');
    expect(eventText({ ...entry(1, 'token_stream', { token: 'Hello ' }).event, node_id: 'plan' })).toBe('plan · “Hello”');
  });

  it('classifies failures, warnings and progress', () => {
    const kinds = [
      entry(1, 'task:failed'),
      entry(1, 'log', { level: 'ERROR' }),
      entry(1, 'log', { level: 'warning' }),
      entry(1, 'task:progress'),
      entry(1, 'x:y'),
    ].map(({ event }) => eventKind(event));
    expect(kinds).toEqual(['failed', 'failed', 'paused', 'running', 'waiting']);
  });
});
