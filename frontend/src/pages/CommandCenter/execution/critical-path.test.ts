import { describe, expect, it } from 'vitest';
import { criticalPath } from './critical-path';

const edges = (...pairs: readonly string[]) => ({ edges: pairs.map((pair) => ({ from: pair.charAt(0), to: pair.charAt(1) })) });
const durations = (all: Record<string, number | null>) => new Map(Object.entries(all));

describe('criticalPath', () => {
  it('is the chain with the largest sum of durations', () => {
    expect(criticalPath(durations({ a: 2, b: 5, c: 1, d: 3 }), edges('ab', 'ac', 'cd'))).toEqual(['a', 'b']);
    expect(criticalPath(durations({ a: 2, b: 5, c: 1, d: 9 }), edges('ab', 'ac', 'cd'))).toEqual(['a', 'c', 'd']);
  });

  it('takes the slower of two dependencies', () => {
    expect(criticalPath(durations({ a: 1, b: 7, c: 3, d: 1 }), edges('ab', 'ac', 'cd', 'bd'))).toEqual(['a', 'b', 'd']);
  });

  it('passes through a node whose duration is unknown, and does not end with one', () => {
    expect(criticalPath(durations({ a: 4, b: null, c: 2, d: null }), edges('ab', 'bc', 'cd'))).toEqual(['a', 'c']);
  });

  it('terminates with a cycle', () => {
    expect(criticalPath(durations({ a: 1, b: 2 }), edges('ab', 'ba'))).toEqual(['a', 'b']);
  });

  it('is empty without durations', () => expect(criticalPath(durations({ a: null }), edges())).toEqual([]));
});
