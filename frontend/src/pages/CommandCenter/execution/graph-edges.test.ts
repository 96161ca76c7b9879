import type { NodeEntity } from 'cecelia-client';
import { describe, expect, it } from 'vitest';
import { edgesOf, topologicalOrder } from './graph-edges';

const timestamp = '2026-02-06T08:30:00Z';
const node = (id: string, data: Record<string, unknown> = {}): NodeEntity => ({
  id,
  execution_id: 'e1',
  data,
  timestamp,
  received: timestamp,
});
const pairs = ({ edges }: { edges: readonly { from: string; to: string }[] }) => edges.map(({ from, to }) => `${from}>${to}`);

describe('edgesOf', () => {
  it('reads declared edges in all spellings, without duplicates', () => {
    const nodes = [
      node('a', { next: ['b'] }),
      node('b', { depends_on: ['a'] }),
      node('c', { dependsOn: 'a' }),
      node('d', { parents: [{ id: 'b' }, { node_id: 'c' }] }),
    ];
    const edges = edgesOf(nodes);
    expect(edges.kind).toBe('declared');
    expect(pairs(edges)).toEqual(['a>b', 'a>c', 'b>d', 'c>d']);
  });

  it('ignores missing nodes and self-references', () => {
    const edges = edgesOf([node('a', { depends_on: ['a', 'gone'] }), node('b', { depends_on: ['a'] })]);
    expect(pairs(edges)).toEqual(['a>b']);
  });

  it('uses the order of the state without declared edges, with equal positions in parallel', () => {
    const placed = (id: string, order: number): NodeEntity => ({ ...node(id), order });
    const edges = edgesOf([placed('answer', 4), placed('facts', 2), placed('style', 2), placed('plan', 1)]);
    expect(edges.kind).toBe('observed');
    expect(pairs(edges)).toEqual(['plan>facts', 'plan>style', 'facts>answer', 'style>answer']);
  });

  it('has no edges for one node or none', () => {
    expect(edgesOf([node('a')]).edges).toEqual([]);
    expect(edgesOf([]).edges).toEqual([]);
  });
});

describe('topologicalOrder', () => {
  const ordered = (...nodes: NodeEntity[]) => topologicalOrder(nodes, edgesOf(nodes)).map(({ id }) => id);

  it('orders each node after its dependencies', () => {
    expect(ordered(node('c', { depends_on: ['a', 'b'] }), node('b', { depends_on: ['a'] }), node('a'))).toEqual(['a', 'b', 'c']);
  });

  it('terminates for cyclic dependencies', () => {
    expect(ordered(node('a', { depends_on: ['b'] }), node('b', { depends_on: ['a'] })).sort()).toEqual(['a', 'b']);
  });
});
