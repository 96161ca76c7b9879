import { describe, expect, it } from 'vitest';
import { RunRecords } from '../../../components/run-records';
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

function told(...events: { event: string; node_id?: string; data?: Record<string, unknown> }[]) {
  const records = new RunRecords({ execution: 'e1' });
  for (const event of events) records.take({ timestamp, ...event, data: event.data ?? {} });
  return records.get('e1');
}

describe('edgesOf', () => {
  it('takes what the nodes say, in each of its spellings, once', () => {
    const nodes = [
      node('a', { next: ['b'] }),
      node('b', { depends_on: ['a'] }),
      node('c', { dependsOn: 'a' }),
      node('d', { parents: [{ id: 'b' }, { node_id: 'c' }] }),
    ];
    const edges = edgesOf(nodes, undefined);
    expect(edges.kind).toBe('given');
    expect(words(edges)).toEqual(['a>b', 'a>c', 'b>d', 'c>d']);
  });

  it('passes over nodes that are not there, and what depends on itself', () => {
    const edges = edgesOf([node('a', { depends_on: ['a', 'gone'] }), node('b', { depends_on: ['a'] })], undefined);
    expect(words(edges)).toEqual(['a>b']);
  });

  it('goes by the order in which nodes were seen where they say nothing', () => {
    const record = told(
      { event: 'node_state_change', node_id: 'plan', data: { status: 'running' } },
      { event: 'node_state_change', node_id: 'write', data: { status: 'running' } },
    );
    const edges = edgesOf([node('write'), node('plan')], record);
    expect(edges.kind).toBe('observed');
    expect(words(edges)).toEqual(['plan>write']);
  });

  it('puts those that started together beside each other', () => {
    const record = told(
      { event: 'node_state_change', node_id: 'plan', data: { status: 'running' } },
      { event: 'node:parallel_start', data: { node_ids: ['facts', { id: 'style' }] } },
      { event: 'node_state_change', node_id: 'answer', data: { status: 'running' } },
    );
    const edges = edgesOf([node('plan'), node('facts'), node('style'), node('answer')], record);
    expect(words(edges)).toEqual(['plan>facts', 'plan>style', 'facts>answer', 'style>answer']);
  });

  it('puts what came before the page first', () => {
    const record = told({ event: 'node_state_change', node_id: 'b', data: { status: 'running' } });
    expect(words(edgesOf([node('b'), node('a')], record))).toEqual(['a>b']);
  });

  it('goes by when nodes were last heard of where the page saw nothing, beside each other if that was by one event', () => {
    const heard = (id: string, second: number): NodeEntity => ({ ...node(id), timestamp: `2026-02-06T08:30:0${second}Z` });
    const edges = edgesOf([heard('merge', 9), heard('embed', 4), heard('parse', 4), heard('fetch', 1)], undefined);
    expect(words(edges)).toEqual(['fetch>embed', 'fetch>parse', 'embed>merge', 'parse>merge']);
  });

  it('draws nothing between one node and none', () => {
    expect(edgesOf([node('a')], undefined).edges).toEqual([]);
    expect(edgesOf([], undefined).edges).toEqual([]);
  });
});

describe('inOrder', () => {
  const ordered = (...nodes: NodeEntity[]) => inOrder(nodes, edgesOf(nodes, undefined)).map(({ id }) => id);

  it('puts each node behind all that it depends on', () => {
    expect(ordered(node('c', { depends_on: ['a', 'b'] }), node('b', { depends_on: ['a'] }), node('a'))).toEqual(['a', 'b', 'c']);
  });

  it('comes to an end where nodes depend on each other', () => {
    expect(ordered(node('a', { depends_on: ['b'] }), node('b', { depends_on: ['a'] })).sort()).toEqual(['a', 'b']);
  });
});

describe('RunRecords', () => {
  it('notes when a node began, and ended, and that it began anew', () => {
    const records = new RunRecords();
    const state = (status: string, second: number) =>
      records.take({
        event: 'node_state_change',
        node_id: 'a',
        timestamp: `2026-02-06T08:30:0${second}Z`,
        data: { status, execution_id: 'e1' },
      });
    state('running', 1);
    state('completed', 4);
    const run = records.get('e1');
    expect((run?.ended.get('a') ?? 0) - (run?.began.get('a') ?? 0)).toBe(3000);
    state('running', 5);
    expect(run?.ended.has('a')).toBe(false);
  });

  it('keeps the executions that were heard of last', () => {
    const records = new RunRecords({ limit: 2 });
    const heard = (execution_id: string) =>
      records.take({ event: 'node_state_change', node_id: 'a', timestamp, data: { status: 'running', execution_id } });
    heard('e1');
    heard('e2');
    heard('e1');
    heard('e3');
    expect(['e1', 'e2', 'e3'].map((id) => records.get(id) !== undefined)).toEqual([true, false, true]);
  });
});
