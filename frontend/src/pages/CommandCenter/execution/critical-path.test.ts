import { describe, expect, it } from 'vitest';
import { criticalPath, longestChain } from './critical-path';

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

describe('longestChain', () => {
  const spans = (all: Record<string, readonly [number, number] | null>) =>
    Object.entries(all).map(([id, ran]) => ({ id, ran: ran === null ? null : { from: ran[0], to: ran[1] } }));

  it('has only nodes that ran one after another', () => {
    expect(longestChain(spans({ a: [0, 1000], b: [1000, 3000], c: [1000, 2000], d: [3000, 3500] }))).toEqual(['a', 'b', 'd']);
  });

  it('does not add up nodes that ran at the same time', () => {
    expect(longestChain(spans({ a: [0, 9000], b: [1000, 9000], c: [2000, 9000] }))).toEqual(['a']);
  });

  it('leaves a node out for two others that took longer together', () => {
    expect(longestChain(spans({ a: [0, 1000], long: [500, 2000], b: [1000, 1900], c: [1990, 3000] }))).toEqual(['a', 'b', 'c']);
  });

  it('allows a start just before the end of another, and ignores nodes that have not run', () => {
    expect(longestChain(spans({ a: [0, 1000], none: null, b: [990, 2000] }))).toEqual(['a', 'b']);
    expect(longestChain(spans({ none: null }))).toEqual([]);
  });
});
