import { beforeEach, describe, expect, test, vi } from 'vitest';
import { LiveStateFixture } from '../../tests/fakes/live-state-fixture';
import { at, created, hello, progress, snapshot, task } from '../../tests/fakes/made-messages';
import { entityKey } from './live-view';

let fixture: LiveStateFixture;

beforeEach(() => {
  fixture = new LiveStateFixture();
});

describe('frames', () => {
  test('a burst is reduced and notified in one frame', () => {
    const view = fixture.viewOf();
    const listener = vi.fn();
    const stop = view.subscribe(listener);
    for (let i = 0; i < 100; i++) fixture.connection.receive(created(`t${i}`));
    expect(view.sections.tasks.size).toBe(0);
    expect(fixture.frames).toHaveLength(1);

    fixture.frame();

    expect(view.sections.tasks.size).toBe(100);
    expect(listener).toHaveBeenCalledTimes(1);
    stop();
  });

  test('after a frame that took long the listeners are notified in the next one, even if that takes as long', () => {
    const view = fixture.viewOf();
    const listener = vi.fn();
    const stop = view.subscribe(listener);
    let ms = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (ms += 100));
    fixture.connection.receive(created('t1'));
    fixture.frame();
    expect(view.sections.tasks.size).toBe(1);
    expect(listener).not.toHaveBeenCalled();

    fixture.connection.receive(created('t2'));
    fixture.frame();
    expect(view.sections.tasks.size).toBe(2);
    expect(listener).toHaveBeenCalledTimes(1);
    stop();
  });

  test('a message without a change calls no listener', () => {
    const view = fixture.viewOf();
    const listener = vi.fn();
    const stop = view.subscribe(listener);
    fixture.connection.receive(snapshot({ last: false, tasks: [task('t1')] }));
    fixture.frame();

    expect(listener).not.toHaveBeenCalled();
    stop();
  });

  test('only the version of the changed part changes', () => {
    const view = fixture.viewOf();
    fixture.connection.receive(created('t1'));
    fixture.frame();
    const before = { tasks: view.version('tasks'), nodes: view.version('nodes'), gaps: view.version('gaps'), all: view.version() };
    fixture.connection.receive(progress('t1', 5));
    fixture.frame();

    expect(view.version('tasks')).not.toBe(before.tasks);
    expect(view.version('nodes')).toBe(before.nodes);
    expect(view.version('gaps')).toBe(before.gaps);
    expect(view.version()).not.toBe(before.all);
  });

  test('entities are replaced, not mutated', () => {
    const view = fixture.viewOf();
    fixture.connection.receive(created('t1', 0, { title: 'one' }));
    fixture.frame();
    const before = view.sections.tasks.get('t1');
    const copy = structuredClone(before);
    fixture.connection.receive(progress('t1', 50));
    fixture.frame();

    expect(before).toEqual(copy);
    expect(view.sections.tasks.get('t1')).not.toBe(before);
  });

  test('without frames, messages are processed when the queue is full', () => {
    const view = fixture.viewOf();
    for (let i = 0; i < 5000; i++) fixture.connection.receive(progress('t1', i % 100, i));

    expect(view.feed).toHaveLength(5000);
    expect(fixture.frames).toHaveLength(0);
  });

  test('a listener that throws does not affect the others', () => {
    const report = vi.fn();
    vi.stubGlobal('reportError', report);
    const view = fixture.viewOf();
    const listener = vi.fn();
    const stops = [
      view.subscribe(() => {
        throw new Error('mine');
      }),
      view.subscribe(listener),
    ];
    fixture.connection.receive(created('t1'));
    fixture.frame();

    expect(listener).toHaveBeenCalledTimes(1);
    expect(report).toHaveBeenCalledWith(new Error('mine'));
    for (const stop of stops) stop();
    vi.unstubAllGlobals();
  });
});

describe('snapshots', () => {
  test('a partial snapshot does not change the state', () => {
    const view = fixture.viewOf();
    fixture.connection.receive(created('old'));
    fixture.frame();
    fixture.connection.receive(snapshot({ part: 1, last: false, tasks: [task('t1')] }));
    fixture.connection.receive(snapshot({ part: 2, last: false, tasks: [task('t2')], agents: [{ ...task('a1'), project_id: 'p1' }] }));
    fixture.frame();
    expect([...view.sections.tasks.keys()]).toEqual(['old']);

    fixture.connection.receive(snapshot({ part: 3, last: true, nodes: [{ ...task('n1'), execution_id: 'e1' }] }));
    fixture.frame();

    expect([...view.sections.tasks.keys()]).toEqual(['t1', 't2']);
    expect([...view.sections.agents.keys()]).toEqual([entityKey('p1', 'a1')]);
    expect([...view.sections.nodes.keys()]).toEqual([entityKey('e1', 'n1')]);
  });

  test('part 1 replaces an unfinished snapshot', () => {
    const view = fixture.viewOf();
    fixture.connection.receive(snapshot({ part: 1, last: false, tasks: [task('gone')] }));
    fixture.connection.receive(
      snapshot({ part: 1, last: false, tasks: [task('t1')] }),
      snapshot({ part: 2, last: true, tasks: [task('t2')] }),
    );
    fixture.frame();

    expect([...view.sections.tasks.keys()]).toEqual(['t1', 't2']);
  });

  test('the last part without the first one is ignored', () => {
    const view = fixture.viewOf();
    fixture.connection.receive(created('t1'), snapshot({ part: 2, last: true, tasks: [] }));
    fixture.frame();

    expect([...view.sections.tasks.keys()]).toEqual(['t1']);
  });

  test('tasks are in the order of their creation, whatever the order in the snapshot', () => {
    const view = fixture.viewOf();
    const change = (second: number) => ({ changes: [{ event: 'task:created', timestamp: at(second), received: at(second) }] });
    fixture.connection.receive(snapshot({ tasks: [task('second', change(2)), task('third', change(3)), task('first', change(1))] }));
    fixture.connection.receive(created('fourth', 4), progress('first', 5, 9));
    fixture.frame();

    expect([...view.sections.tasks.keys()]).toEqual(['first', 'second', 'third', 'fourth']);
  });

  test('hasState is true from then on, even if the state is empty', () => {
    const view = fixture.viewOf();
    fixture.connection.receive(hello());
    fixture.frame();
    expect(view.hasState).toBe(false);
    fixture.connection.receive(snapshot());
    fixture.frame();
    expect(view.hasState).toBe(true);
  });
});

describe('bounds', () => {
  test('evicted entities are counted by status, once, for each project', () => {
    const view = fixture.viewOf({ entityLimit: 2 });
    const counts = (project: string | null = null) => Object.fromEntries(view.dropped('tasks', project));
    const tasks = [
      task('t1', { status: 'completed', project_id: 'p1' }),
      task('t2', { status: 'failed' }),
      task('t3', { status: 'running' }),
      task('t4', { status: 'completed' }),
    ];
    fixture.connection.receive(snapshot({ tasks }));
    fixture.frame();
    expect([...view.sections.tasks.keys()]).toEqual(['t3', 't4']);
    expect(counts()).toEqual({ completed: 1, failed: 1 });
    expect(counts('p1')).toEqual({ completed: 1 });

    fixture.connection.receive({ ...created('t1', 9), data: { taskId: 't1', status: 'running' } }); // It is held again, and t4 is not.
    fixture.frame();
    expect([...view.sections.tasks.keys()]).toEqual(['t3', 't1']);
    expect(counts()).toMatchObject({ completed: 1, failed: 1 });
    fixture.connection.receive(snapshot({ tasks: tasks.slice(2) }));
    fixture.frame();
    expect(counts()).toEqual({});
  });

  test('ended entities are evicted first, the least recently changed before the others', () => {
    const view = fixture.viewOf({ entityLimit: 3 });
    for (const [i, id] of ['running', 'ended', 'ended later', 'last'].entries())
      fixture.connection.receive(id.startsWith('ended') ? { ...created(id, i), event: 'task:failed' } : created(id, i));
    fixture.frame();
    expect([...view.sections.tasks.keys()]).toEqual(['running', 'ended later', 'last']);

    fixture.connection.receive(progress('running', 5, 10), created('a', 11), created('b', 12));
    fixture.frame();

    expect([...view.sections.tasks.keys()]).toEqual(['running', 'a', 'b']);
    expect(view.evicted).toBe(3);
  });

  test('a snapshot is limited as well', () => {
    const view = fixture.viewOf({ entityLimit: 2 });
    fixture.connection.receive(snapshot({ tasks: [task('a', { status: 'failed' }), task('b'), task('c')] }));
    fixture.frame();

    expect([...view.sections.tasks.keys()]).toEqual(['b', 'c']);
  });
});

test('after dispose no message is processed', () => {
  const view = fixture.viewOf();
  fixture.connection.receive(created('t1'));
  view.dispose();
  fixture.frame();
  fixture.connection.receive(created('t2'));

  expect(fixture.connection.subscribers).toBe(0);
  expect(fixture.frames).toHaveLength(0);
  expect(view.sections.tasks.size).toBe(0);
});
