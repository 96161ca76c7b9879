import { beforeEach, describe, expect, test } from 'vitest';
import { LiveStateFixture } from '../../tests/fakes/live-state-fixture';
import { at, snapshot, task } from '../../tests/fakes/made-messages';
import type { InboundMessage } from '../services/relay-connection';
import type { LiveState } from './live-state';
import { entityKey } from './live-view';

let fixture: LiveStateFixture;

beforeEach(() => {
  fixture = new LiveStateFixture();
});

describe('ids', () => {
  const withIds = (event: string, data: object, ids: object) =>
    ({ event, data, timestamp: at(1), id: 'p1', ...ids }) as unknown as InboundMessage;

  test('with the subprotocol are those that the relay used, and not those in the data', () => {
    const view = fixture.viewOf();
    // What JSON.parse makes of 9007199254740993, and of 7.0.
    fixture.connection.receive(
      withIds('task_updated', { id: 9007199254740992, status: 'running' }, { task_id: '9007199254740993' }),
      withIds('task_updated', { id: 9007199254740992, status: 'completed' }, { task_id: '9007199254740992' }),
      withIds('task_updated', { id: 7, status: 'running' }, {}),
      withIds('node_state_change', { node_id: 9007199254740992, status: 'running' }, { node_id: '9007199254740993', execution_id: '8' }),
      withIds('node:parallel_start', { node_ids: [9007199254740992] }, { node_ids: ['9007199254740995'], execution_id: '8' }),
      withIds('agent_spawned', { id: 9007199254740992, project_id: 1000 }, { agent_id: '9007199254740993' }),
    );
    fixture.frame();

    const { tasks, nodes, agents } = view.sections;
    expect([...tasks.values()].map(({ id, status }) => [id, status])).toEqual([
      ['9007199254740993', 'running'],
      ['9007199254740992', 'completed'],
    ]);
    expect([...nodes.keys()]).toEqual([entityKey('8', '9007199254740993'), entityKey('8', '9007199254740995')]);
    expect([...agents.keys()]).toEqual([entityKey('', '9007199254740993')]);
  });

  test('without the subprotocol are parsed from the data, except integers that may have been rounded', () => {
    const view = fixture.viewOf();
    fixture.connection.receive(
      { event: 'task_updated', data: { id: 7, status: 'running' }, timestamp: at(1) },
      { event: 'task_updated', data: { id: -0, status: 'running' }, timestamp: at(1) },
      { event: 'task_updated', data: { id: 9007199254740992, status: 'running' }, timestamp: at(1) },
    );
    fixture.frame();

    expect([...view.sections.tasks.keys()]).toEqual(['7', '-0']);
  });
});

describe('nodes', () => {
  const state = (id: string, status: string, second: number) =>
    ({ event: 'node_state_change', data: { status, execution_id: 'e1' }, node_id: id, timestamp: at(second) }) as const;
  const told = [
    state('plan', 'running', 1),
    state('facts', 'pending', 2),
    state('style', 'pending', 2),
    state('plan', 'completed', 3),
    { event: 'node:parallel_start', data: { node_ids: ['style', 'facts', 'tone'], execution_id: 'e1' }, timestamp: at(4) },
    state('answer', 'running', 5),
  ] as const;
  const graph = (view: LiveState) =>
    Object.fromEntries([...view.sections.nodes.values()].map(({ id, order, started, ended }) => [id, [order, started, ended]]));

  test('have the same order, start and end whenever the page was opened', () => {
    const early = fixture.viewOf();
    fixture.connection.receive(...told);
    fixture.frame();
    expect(graph(early)).toEqual({
      plan: [1, at(1), at(3)],
      facts: [2, at(4), undefined],
      style: [2, at(4), undefined],
      tone: [2, at(4), undefined],
      answer: [3, at(5), undefined],
    });

    // One that comes later has what the relay says, and continues from there.
    const late = fixture.viewOf();
    fixture.connection.receive(snapshot({ nodes: [...early.sections.nodes.values()] }), state('end', 'running', 6));
    fixture.frame();
    expect(graph(late).answer).toEqual(graph(early).answer);
    expect(graph(late).end).toEqual([4, at(6), undefined]);
  });
});

describe('text of nodes', () => {
  const token = (text: string, second = 1) => ({
    event: 'token_stream' as const,
    data: { token: text, execution_id: 'e1' },
    node_id: 'n1',
    timestamp: at(second),
  });

  test('is everything that was received, while the entity has the tail only', () => {
    const view = fixture.viewOf();
    for (let i = 0; i < 30; i++) fixture.connection.receive(token(String(i % 10).repeat(1000)));
    fixture.frame();

    expect(view.text('e1', 'n1')).toHaveLength(30_000);
    const node = view.sections.nodes.get(entityKey('e1', 'n1'));
    expect(node?.text?.length).toBeLessThanOrEqual(16_384);
    expect(view.text('e1', 'n1').endsWith(node?.text ?? '?')).toBe(true);
    expect(node).toMatchObject({ text_bytes: 30_000, truncated: true });
  });

  test('starts with the tail of a snapshot', () => {
    const view = fixture.viewOf();
    fixture.connection.receive(
      snapshot({ nodes: [{ ...task('n1'), execution_id: 'e1', text: 'so far', text_bytes: 6 }] }),
      token(', and on'),
    );
    fixture.frame();

    expect(view.text('e1', 'n1')).toBe('so far, and on');
    expect(view.text('e1', 'unknown')).toBe('');
  });

  test('is kept after a snapshot with the same tail, and dropped after one with another', () => {
    const view = fixture.viewOf();
    fixture.connection.receive(token('a'.repeat(20_000)), token('end'));
    fixture.frame();
    const tail = view.sections.nodes.get(entityKey('e1', 'n1'))?.text ?? '';
    const with_ = (text: string) => snapshot({ nodes: [{ ...task('n1'), execution_id: 'e1', text, text_bytes: 20_003 }] });
    fixture.connection.receive(with_(tail));
    fixture.frame();
    expect(view.text('e1', 'n1')).toHaveLength(20_003);

    fixture.connection.receive(with_(`${tail.slice(-100)} and more`));
    fixture.frame();
    expect(view.text('e1', 'n1')).toBe(`${tail.slice(-100)} and more`);
  });

  test('is bounded', () => {
    const view = fixture.viewOf();
    for (let i = 0; i < 60; i++) fixture.connection.receive(token('😀a'.repeat(13_333)));
    fixture.frame();

    const text = view.text('e1', 'n1');
    expect(text.length).toBeLessThanOrEqual(1024 * 1024 * 1.125);
    expect(text.length).toBeGreaterThan(1024 * 1024 - 2);
    expect(text).toMatch(/^(😀|a😀)/);
  });
});

describe('executors', () => {
  test('are identified by the source that the relay reports', () => {
    const view = fixture.viewOf();
    fixture.connection.receive(
      Object.assign({ event: 'executor:status' as const, data: { activeCount: 2 }, timestamp: at(6) }, { source: 'brain-2' }),
    );
    fixture.frame();

    expect([...view.sections.executor.keys()]).toEqual(['brain-2']);
  });
});

describe('a publisher whose numbers are above 2^53', () => {
  test('is ordered by time if two numbers are equal here', () => {
    const view = fixture.viewOf();
    const numbered = (status: string, second: number, seq: number) =>
      ({ event: 'task_updated', data: { id: 't1', status }, timestamp: at(second), source: 'brain', seq }) as const;
    // 9007199254740992 and 9007199254740993.
    fixture.connection.receive(numbered('running', 1, 2 ** 53), numbered('completed', 2, 2 ** 53));
    fixture.frame();
    expect(view.sections.tasks.get('t1')?.status).toBe('completed');
    fixture.connection.receive(numbered('failed', 3, 7), numbered('running', 3, 7));
    fixture.frame();
    expect(view.sections.tasks.get('t1')?.status).toBe('failed');
  });
});

describe('a publisher that restarts its numbering', () => {
  test('is accepted although its numbers are smaller', () => {
    const view = fixture.viewOf();
    const old = { source: 'brain', seq: 500, undated: true, status: 'running' };
    fixture.connection.receive(snapshot({ tasks: [task('t1', old), task('t2', { ...old, source: 'other' })] }));
    fixture.connection.receive({
      event: 'relay:gap',
      data: { cause: 'publisher_restarted', missed: null, from: null, to: null, source: 'brain' },
      timestamp: at(0),
    });
    for (const taskId of ['t1', 't2']) {
      const source = taskId === 't1' ? 'brain' : 'other';
      fixture.connection.receive({ event: 'task:completed', data: { taskId }, timestamp: at(0), source, seq: 1 });
    }
    fixture.frame();

    expect(view.sections.tasks.get('t1')?.status).toBe('completed');
    expect(view.sections.tasks.get('t2')?.status).toBe('running');
  });
});
