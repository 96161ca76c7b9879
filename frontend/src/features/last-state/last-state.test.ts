import { describe, expect, it } from 'vitest';
import { viewOf, type LiveView } from 'cecelia-client/state';
import { FakeConnection } from '../../../tests/fakes/fake-connection';
import { hello, snapshot, task } from '../../../tests/fakes/made-messages';
import { keptConnection } from './kept-connection';
import { readLastState, writeLastState } from './last-state';

const now = Date.parse('2026-11-29T12:00:00Z');

function viewWith(members: Parameters<typeof snapshot>[0]): LiveView {
  const connection = new FakeConnection();
  const { view } = viewOf(connection);
  connection.receive(hello(), snapshot(members));
  view.flush();
  return view;
}

describe('the last state', () => {
  it('is read as it was written', () => {
    const view = viewWith({ tasks: [task('t1', { status: 'running' }), task('t2', { status: 'failed' })] });
    const state = readLastState(writeLastState(view, 'ada', now));
    expect(state).toMatchObject({ user: 'ada', at: now, entities: { tasks: [{ id: 't1' }, { id: 't2' }] } });
  });

  it('has at most 5,000 tasks and 2 MB: first what has not ended, then the newest', () => {
    const ended = Array.from({ length: 6000 }, (_, index) => task(`ended-${index}`, { status: 'completed' }));
    const running = task('running', { status: 'running' });
    const many = readLastState(writeLastState(viewWith({ tasks: [running, ...ended] }), '', now));
    expect(many?.entities.tasks).toHaveLength(5000);
    expect(many?.entities.tasks[0]?.id).toBe('running');
    const large = ended.slice(0, 100).map((one) => ({ ...one, data: { title: 'x'.repeat(50_000) } }));
    const text = writeLastState(viewWith({ tasks: large }), '', now);
    expect(text.length).toBeLessThan(2_001_000);
    expect(text.length).toBeGreaterThan(1_900_000);
  });

  it('is none if it is not valid', () => {
    for (const text of ['', '{', '7', 'null', '{"user":"","at":1}', '{"user":"","at":1,"entities":{"tasks":{}}}'])
      expect(readLastState(text)).toBeNull();
  });

  it('is shown as of its time, with the status of the connection', () => {
    const real = new FakeConnection();
    const state = readLastState(writeLastState(viewWith({ tasks: [task('t1')] }), '', now));
    if (state === null) throw new Error('no state');
    const kept = keptConnection(real, state);
    const { view } = viewOf(kept);
    expect([...view.sections.tasks.keys()]).toEqual(['t1']);
    expect(view.lastMessageAt).toBe(now);
    const seen: unknown[] = [];
    kept.onState(({ status, lastConnected }) => seen.push([status, lastConnected]));
    real.changeState({ status: 'connecting', attempts: 3, lastConnected: null });
    expect(seen).toEqual([['connecting', now]]);
    expect(kept.send({ cmd: 'x', data: {} })).toBe(false);
  });
});
