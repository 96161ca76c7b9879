import { describe, expect, it } from 'vitest';
import { layoutGraph } from './graph-layout';

/** Members of `Object.prototype`, and names that dagre gives to nodes of its own. */
const names = [...Object.getOwnPropertyNames(Object.prototype), '_root', '_d1', '_d2', '_se1', ''];

describe('layoutGraph', () => {
  it('gives each node a place of its own, whatever its id is', () => {
    const members = Object.getOwnPropertyNames(Object.prototype);
    const edges = names.slice(1).map((to, at) => ({ from: names[at] ?? '', to }));
    const { places, bends } = layoutGraph(names, [...edges, { from: names[0] ?? '', to: '' }], 'LR');
    expect([...places.keys()]).toEqual(names);
    expect(new Set([...places.values()].map(({ x, y }) => `${x},${y}`)).size).toBe(names.length);
    for (const { x, y } of places.values()) expect(Number.isFinite(x + y)).toBe(true);
    expect(bends.size).toBe(names.length);
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(members);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});
