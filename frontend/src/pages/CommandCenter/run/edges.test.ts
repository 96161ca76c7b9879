import { describe, expect, it } from 'vitest';
import type { NodeEntity } from '../../../types/messages';
import { edgesOf, inOrder } from './edges';

const timestamp = '2026-02-06T08:30:00Z';
const node = (id: string, data: Record<string, unknown> = {}): NodeEntity => ({
  id,
  execution_id: 'e1',
  data,
  timestamp,
  received: timestamp,
});
const words = ({ edges }: { edges: readonly { from: string; to: string }[] }) => edges.map(({ from, to }) => `${from}>${to}`);

describe('edgesOf', () => {
  it('takes what the nodes say, in each of its spellings, once', () => {
    const nodes = [
      node('a', { next: ['b'] }),
      node('b', { depends_on: ['a'] }),
      node('c', { dependsOn: 'a' }),
      node('d', { parents: [{ id: 'b' }, { node_id: 'c' }] }),
    ];
    const edges = edgesOf(nodes);
    expect(edges.kind).toBe('given');
    expect(words(edges)).toEqual(['a>b', 'a>c', 'b>d', 'c>d']);
  });

  it('passes over nodes that are not there, and what depends on itself', () => {
    const edges = edgesOf([node('a', { depends_on: ['a', 'gone'] }), node('b', { depends_on: ['a'] })]);
    expect(words(edges)).toEqual(['a>b']);
  });

  it('goes by the order of the state where they say nothing, those of one place beside each other', () => {
    const placed = (id: string, order: number): NodeEntity => ({ ...node(id), order });
    const edges = edgesOf([placed('answer', 4), placed('facts', 2), placed('style', 2), placed('plan', 1)]);
    expect(edges.kind).toBe('observed');
    expect(words(edges)).toEqual(['plan>facts', 'plan>style', 'facts>answer', 'style>answer']);
  });

  it('draws nothing between one node and none', () => {
    expect(edgesOf([node('a')]).edges).toEqual([]);
    expect(edgesOf([]).edges).toEqual([]);
  });
});

describe('inOrder', () => {
  const ordered = (...nodes: NodeEntity[]) => inOrder(nodes, edgesOf(nodes)).map(({ id }) => id);

  it('puts each node behind all that it depends on', () => {
    expect(ordered(node('c', { depends_on: ['a', 'b'] }), node('b', { depends_on: ['a'] }), node('a'))).toEqual(['a', 'b', 'c']);
  });

  it('comes to an end where nodes depend on each other', () => {
    expect(ordered(node('a', { depends_on: ['b'] }), node('b', { depends_on: ['a'] })).sort()).toEqual(['a', 'b']);
  });
});
