import { describe, expect, it } from 'vitest';
import type { Overview } from '../overview/overview-model';
import { headline, widthOf } from './headline';
import { chosenViews, nextView, rotationSeconds, shownViews, wallViews } from './rotation';

const tasks = (count: number) => ({ tasks: Array.from({ length: count }, () => ({})), total: count });
const overview = (failed: number, running: number, queued: number, executors: number) =>
  ({
    failures: { count: failed },
    running: tasks(running),
    queue: tasks(queued),
    executors: Array.from({ length: executors }),
  }) as unknown as Overview;

describe('the address of a wall', () => {
  it.each([
    ['', 20],
    ['1', 1],
    ['0', 0],
    ['90000', 3600],
    ['-5', 20],
    ['soon', 20],
  ])('rotate=%s: %d seconds', (text, seconds) => {
    expect(rotationSeconds(text)).toBe(seconds);
  });

  it('names views in their order, each once; without a known name there are all', () => {
    expect(chosenViews('queue, failures,queue,other')).toEqual(['queue', 'failures']);
    expect(chosenViews('other')).toBe(wallViews);
    expect(chosenViews('')).toBe(wallViews);
  });
});

describe('the rotation', () => {
  it('skips views with nothing to show', () => {
    expect(shownViews(wallViews, overview(1, 1, 1, 2))).toEqual(wallViews);
    expect(shownViews(wallViews, overview(0, 1, 0, 0))).toEqual(['overview', 'running']);
    expect(shownViews(wallViews, overview(0, 0, 0, 1))).toEqual(['overview', 'lanes']);
    expect(shownViews(['failures', 'queue'], overview(0, 1, 0, 1))).toEqual(['overview']);
  });

  it('follows a view that has become empty by the next one, and stays with a single one', () => {
    const shown = ['overview', 'queue'] as const;
    expect(nextView('overview', wallViews, shown)).toBe('queue');
    expect(nextView('running', wallViews, shown)).toBe('queue');
    expect(nextView('queue', wallViews, shown)).toBe('overview');
    expect(nextView('overview', wallViews, ['overview'])).toBe('overview');
    expect(nextView('overview', ['queue'], ['queue'])).toBe('queue');
  });
});

describe('the headline', () => {
  it('has the first parts that have room, and at least one', () => {
    expect(headline(['3 new failures', '2 tasks silent'])).toEqual({ first: ['3 new failures', '2 tasks silent'], others: [] });
    const long = 'x'.repeat(60);
    expect(headline([long, long, 'y'])).toEqual({ first: [long], others: [long, 'y'] });
    expect(headline([long + long])).toEqual({ first: [long + long], others: [] });
  });

  it('counts Chinese characters twice', () => {
    expect(widthOf('3 个新失败')).toBe(10);
  });
});
