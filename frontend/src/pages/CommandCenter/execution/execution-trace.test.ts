import type { CeceliaEvent, NodeEntity } from 'cecelia-client';
import type { FeedEntry } from 'cecelia-client/state';
import { describe, expect, it } from 'vitest';
import { ExecutionTrace } from './execution-trace';
import type { GraphEdges } from './graph-edges';
import { nodeSpans, timeDomain } from './node-spans';
import { waitingNodes } from './waiting-nodes';
import { executionTokenRate, timeToFirstToken, tokenCounts, tokenRate } from './run-numbers';

const t0 = Date.parse('2026-02-06T08:30:00Z');
const iso = (second: number) => new Date(t0 + second * 1000).toISOString();

let number = 0;
const entry = (event: string, node_id: string, second: number, data: object = {}): FeedEntry => ({
  number: ++number,
  event: { event, node_id, data, timestamp: iso(second) } as unknown as CeceliaEvent,
  received: t0,
  accepted: null,
  recovered: false,
  fromHistory: false,
  lag: null,
});
const status = (node: string, second: number, value: string) => entry('node_state_change', node, second, { status: value });
const token = (node: string, second: number) => entry('token_stream', node, second, { token: 'a ' });

const node = (id: string, state: string, started: number | null, ended: number | null, more: Partial<NodeEntity> = {}): NodeEntity => ({
  id,
  status: state,
  ...(started !== null && { started: iso(started) }),
  ...(ended !== null && { ended: iso(ended) }),
  timestamp: iso(ended ?? started ?? 0),
  received: iso(0),
  ...more,
});

const traceOf = (...feed: FeedEntry[]) => {
  const trace = new ExecutionTrace();
  trace.update(feed);
  return trace;
};
const noEdges: GraphEdges = { kind: 'observed', edges: [] };
const at = (second: number) => t0 + second * 1000;

describe('nodeSpans', () => {
  it('has the waiting time since the last declared dependency ended', () => {
    const nodes = [node('a', 'completed', 0, 4), node('b', 'completed', 0, 6), node('c', 'running', 9, null)];
    const edges: GraphEdges = { kind: 'declared', edges: ['a', 'b'].map((from) => ({ from, to: 'c' })) };
    const span = nodeSpans(nodes, edges, traceOf(), at(20))[2];
    expect(span).toMatchObject({ waited: { from: at(6), to: at(9) }, ran: { from: at(9), to: at(20) }, isOpen: true });
  });

  it('has no waiting time from the observed order, but from the time at which a node was queued', () => {
    const nodes = [node('a', 'completed', 0, 4), node('b', 'completed', 7, 9)];
    const edges: GraphEdges = { kind: 'observed', edges: [{ from: 'a', to: 'b' }] };
    expect(nodeSpans(nodes, edges, traceOf(), at(9))[1]?.waited).toBeNull();
    const trace = traceOf(status('b', 5, 'queued'), status('b', 7, 'running'));
    expect(nodeSpans(nodes, edges, trace, at(9))[1]?.waited).toEqual({ from: at(5), to: at(7) });
  });

  it('has earlier attempts, and pauses of the latest one', () => {
    const trace = traceOf(
      status('a', 1, 'running'),
      status('a', 4, 'failed'),
      status('a', 6, 'running'),
      status('a', 7, 'waiting_for_input'),
      status('a', 9, 'running'),
      status('a', 12, 'completed'),
    );
    const [span] = nodeSpans([node('a', 'completed', 6, 12)], noEdges, trace, at(20));
    expect(span?.attempts).toEqual([{ from: at(1), to: at(4), kind: 'failed' }]);
    expect(span?.pauses).toEqual([{ from: at(7), to: at(9) }]);
    expect(span?.ran).toEqual({ from: at(6), to: at(12) });
  });

  it('is uncertain from the last event on', () => {
    const [span] = nodeSpans([node('a', 'running', 2, null, { uncertain: true, timestamp: iso(5) })], noEdges, traceOf(), at(20));
    expect(span).toMatchObject({ ran: { from: at(2), to: at(20) }, uncertainFrom: at(5) });
  });

  it('does not invent a start or an end', () => {
    const [ended, pending] = nodeSpans([node('a', 'completed', null, 4), node('b', 'pending', null, null)], noEdges, traceOf(), at(9));
    expect([ended?.ran, ended?.waited, pending?.ran, pending?.waited]).toEqual([null, null, null, null]);
    expect(timeDomain([], [null])).toBeNull();
  });
});

describe('numbers of a node', () => {
  it('has the time to the first token of the latest attempt', () => {
    const trace = traceOf(
      status('a', 0, 'running'),
      token('a', 1),
      status('a', 2, 'failed'),
      status('a', 5, 'running'),
      token('a', 8),
      token('a', 10),
    );
    const a = node('a', 'running', 5, null);
    expect(timeToFirstToken(a, trace.node('a'))).toBe(3000);
    expect(tokenRate(a, trace.node('a'))).toBe(0.5);
  });

  it('keeps the first token of an attempt that was paused', () => {
    const trace = traceOf(status('a', 0, 'running'), token('a', 2), status('a', 3, 'paused'), status('a', 6, 'running'), token('a', 7));
    expect(timeToFirstToken(node('a', 'running', 0, null), trace.node('a'))).toBe(2000);
  });

  it('has no time to the first token if the start was not seen', () => {
    const trace = traceOf(token('a', 8), token('a', 10));
    expect(timeToFirstToken(node('a', 'running', 5, null), trace.node('a'))).toBeNull();
  });

  it('takes the rate from the usage of a node that has ended', () => {
    const trace = traceOf(status('a', 0, 'running'), token('a', 1), token('a', 3), status('a', 4, 'completed'));
    expect(tokenRate(node('a', 'completed', 0, 4, { usage: { completion_tokens: 80 } }), trace.node('a'))).toBe(40);
  });

  it('counts each event once, also when the feed is read again', () => {
    const feed = [status('a', 0, 'running'), token('a', 1)];
    const trace = traceOf(...feed);
    feed.push(token('a', 2), token('a', 3));
    trace.update(feed);
    trace.update(feed);
    expect(trace.node('a')?.tokens).toBe(3);
  });
});

describe('numbers of an execution', () => {
  it('has the present rate, afterwards the rate while it streamed', () => {
    const trace = traceOf(...Array.from({ length: 10 }, (_, i) => token('a', i * 0.1)));
    expect(executionTokenRate(trace, at(1))).toEqual({ rate: 2, isPresent: true });
    expect(executionTokenRate(trace, at(60))).toEqual({ rate: 10, isPresent: false });
    expect(executionTokenRate(traceOf(), at(1))).toBeNull();
  });

  it('does not add up usage of which a part is unknown', () => {
    const nodes = [
      node('a', 'running', 0, null, { usage: { prompt_tokens: 5, total_tokens: 9 } }),
      node('b', 'running', 0, null, { usage: { prompt_tokens: 2, completion_tokens: 1 } }),
    ];
    expect(tokenCounts(undefined, nodes)).toEqual({ input: 7, output: null, total: 12 });
    expect(tokenCounts(undefined, [])).toEqual({ input: null, output: null, total: null });
  });
});

describe('waitingNodes', () => {
  const waiting = (more: Partial<NodeEntity>) => node('a', 'waiting', null, null, more);

  it('has the question and since when', () => {
    const trace = traceOf(status('a', 1, 'running'), status('a', 4, 'input_required'));
    const asking = node('a', 'input_required', 1, null, { data: { title: 'Ask', question: 'Continue?' } });
    expect(waitingNodes(undefined, [asking], trace)).toEqual([
      { id: 'a', title: 'Ask', question: 'Continue?', since: at(4), isUncertain: false },
    ]);
    expect(waitingNodes(undefined, [{ ...asking, uncertain: true }], trace)[0]?.isUncertain).toBe(true);
    expect(waitingNodes(undefined, [asking], traceOf())[0]?.since).toBeNull();
  });

  it('does not take a node that waits for its start for one that waits for input', () => {
    const ids = (one: NodeEntity) => waitingNodes(undefined, [one], traceOf()).map(({ id }) => id);
    expect([ids(waiting({})), ids(waiting({ started: iso(1) })), ids(waiting({ data: { prompt: 'Which?' } }))]).toEqual([[], ['a'], ['a']]);
  });
});
