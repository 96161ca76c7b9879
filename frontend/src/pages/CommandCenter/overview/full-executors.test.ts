import type { ExecutorEntity } from 'cecelia-client';
import type { FeedEntry, KnownGap } from 'cecelia-client/state';
import { expect, it } from 'vitest';
import { at } from '../../../../tests/fakes/made-messages';
import { FullExecutors } from './full-executors';

const start = Date.parse(at(0));

class View {
  readonly feed: FeedEntry[] = [];
  readonly gaps: KnownGap[] = [];
  readonly executor = new Map<string, ExecutorEntity>();
  readonly sections = {
    tasks: new Map(),
    executor: this.executor,
    executions: new Map(),
    nodes: new Map(),
    agents: new Map(),
    projects: new Map(),
  };

  status(second: number, availableSlots: number): void {
    const data = { activeCount: 4 - availableSlots, availableSlots };
    const event = { event: 'executor:status' as const, data, timestamp: at(second), source: 'brain' };
    const received = start + second * 1000;
    this.feed.push({ number: this.feed.length + 1, event, received, accepted: received, recovered: false, fromHistory: false, lag: 0 });
    this.executor.set('brain', { id: 'brain', data, timestamp: at(second), received: at(second) });
  }
}

const sinceOf = (full: FullExecutors, second: number) => {
  full.update();
  const since = full.since('brain', start + second * 1000);
  return since === null ? null : (since - start) / 1000;
};

it('is full since its first status without a free slot, except for brief interruptions', () => {
  const view = new View();
  const full = new FullExecutors(view);
  view.status(0, 1);
  expect(sinceOf(full, 1)).toBeNull();
  view.status(10, 0);
  view.status(70, 1);
  view.status(71, 0);
  expect(sinceOf(full, 90)).toBe(10);
  view.status(100, 2);
  expect(sinceOf(full, 102)).toBe(10);
  expect(sinceOf(full, 106)).toBeNull();
  view.status(110, 0);
  expect(sinceOf(full, 111)).toBe(110);
});

it('starts with the status of a snapshot, and again after a gap', () => {
  const view = new View();
  const full = new FullExecutors(view);
  view.status(5, 0);
  view.feed.length = 0;
  expect(sinceOf(full, 50)).toBe(5);
  view.gaps.push({ number: 1, gap: { cause: 'redis_lost', missed: null, from: null, to: null }, at: start + 60_000, after: 1 });
  const known = view.executor.get('brain');
  if (known) view.executor.set('brain', { ...known, uncertain: true });
  expect(sinceOf(full, 61)).toBeNull();
  view.status(70, 0);
  view.feed.splice(0, 1, ...view.feed.map((entry) => ({ ...entry, number: 2 })));
  expect(sinceOf(full, 80)).toBe(70);
});
