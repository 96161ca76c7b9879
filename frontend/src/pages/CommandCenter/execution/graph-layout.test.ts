import { describe, expect, it } from 'vitest';
import { layoutGraph, layoutToFit } from './graph-layout';

/** Members of `Object.prototype`, and names reserved by dagre. */
const names = [...Object.getOwnPropertyNames(Object.prototype), '_root', '_d1', '_d2', '_se1', ''];

describe('layoutGraph', () => {
  it('assigns a distinct position to each node, for any id', () => {
    const members = Object.getOwnPropertyNames(Object.prototype);
    const edges = names.slice(1).map((to, at) => ({ from: names[at] ?? '', to }));
    const { positions, bends } = layoutGraph(names, [...edges, { from: names[0] ?? '', to: '' }], 'LR');
    expect([...positions.keys()]).toEqual(names);
    expect(new Set([...positions.values()].map(({ x, y }) => `${x},${y}`)).size).toBe(names.length);
    for (const { x, y } of positions.values()) expect(Number.isFinite(x + y)).toBe(true);
    expect(bends.size).toBe(names.length);
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(members);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe('layoutToFit', () => {
  it('has the direction that is larger in the room', () => {
    const edges = ['ab', 'bc', 'cd', 'de'].map((pair) => ({ from: pair.charAt(0), to: pair.charAt(1) }));
    const directionIn = (width: number, height: number) => layoutToFit(['a', 'b', 'c', 'd', 'e'], edges, { width, height }).direction;
    expect([directionIn(1400, 300), directionIn(400, 700)]).toEqual(['LR', 'TB']);
  });
});
