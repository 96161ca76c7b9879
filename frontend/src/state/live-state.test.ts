import { beforeEach, describe, expect, test, vi } from 'vitest';
import { FakeConnection, live } from '../../tests/fakes/fake-connection';
import { at, created, gap, hello, progress, snapshot, task } from '../../tests/fakes/made-messages';
import { LiveState, type LiveStateOptions } from './live-state';
import type { InboundMessage } from '../services/relay-connection';
import { entityKey } from './live-view';

let connection: FakeConnection;
let frames: (() => void)[];
let now: number;

beforeEach(() => {
  connection = new FakeConnection();
  frames = [];
  now = Date.parse(at(0));
});

/** The next animation frame, if one was asked for. */
function frame(): void {
  for (const run of frames.splice(0)) run();
}

function viewOf(options: LiveStateOptions = {}): LiveState {
  const schedule = (callback: () => void) => {
    frames.push(callback);
    return () => void frames.splice(frames.indexOf(callback), 1);
  };
  return new LiveState(connection, { schedule, now: () => now, ...options });
}

describe('ids', () => {
  const rich = (event: string, data: object, ids: object) =>
    ({ event, data, timestamp: at(1), id: 'p1', ...ids }) as unknown as InboundMessage;

  test('are those that the relay used, and not those of the data', () => {
    const view = viewOf();
    // What JSON.parse makes of 9007199254740993, and of 7.0.
    connection.tell(
      rich('task_updated', { id: 9007199254740992, status: 'running' }, { task_id: '9007199254740993' }),
      rich('task_updated', { id: 9007199254740992, status: 'completed' }, { task_id: '9007199254740992' }),
      rich('task_updated', { id: 7, status: 'running' }, {}),
      rich('node_state_change', { node_id: 9007199254740992, status: 'running' }, { node_id: '9007199254740993', execution_id: '8' }),
      rich('node:parallel_start', { node_ids: [9007199254740992] }, { node_ids: ['9007199254740995'], execution_id: '8' }),
      rich('agent_spawned', { id: 9007199254740992, project_id: 1000 }, { agent_id: '9007199254740993' }),
    );
    frame();

    const { tasks, nodes, agents } = view.sections;
    expect([...tasks.values()].map(({ id, status }) => [id, status])).toEqual([
      ['9007199254740993', 'running'],
      ['9007199254740992', 'completed'],
    ]);
    expect([...nodes.keys()]).toEqual([entityKey('8', '9007199254740993'), entityKey('8', '9007199254740995')]);
    expect([...agents.keys()]).toEqual([entityKey('', '9007199254740993')]);
  });

  test('are read from the data without the subprotocol, but for integers that may have been others', () => {
    const view = viewOf();
    connection.tell(
      { event: 'task_updated', data: { id: 7, status: 'running' }, timestamp: at(1) },
      { event: 'task_updated', data: { id: -0, status: 'running' }, timestamp: at(1) },
      { event: 'task_updated', data: { id: 9007199254740992, status: 'running' }, timestamp: at(1) },
    );
    frame();

    expect([...view.sections.tasks.keys()]).toEqual(['7', '-0']);
  });
});

describe('what was last heard of before a gap', () => {
  const uncertain = (view: LiveState) => [...view.sections.tasks.values()].filter((one) => one.uncertain === true).map(({ id }) => id);

  test('is uncertain until its next event, unless it has ended', () => {
    const view = viewOf();
    connection.tell(created('t1'), created('t2'), created('t3'), { event: 'task:completed', data: { taskId: 't3' }, timestamp: at(1) });
    frame();
    expect(uncertain(view)).toEqual([]);
    const before = view.sections.tasks.get('t1');

    connection.tell(gap(3, 'redis_lost'), gap(1, 'publisher_gap'));
    frame();
    expect(uncertain(view)).toEqual(['t1', 't2']);
    expect(before?.uncertain).toBeUndefined();

    connection.tell(progress('t1', 50, 2), progress('t2', 50, -1));
    frame();
    // The second was older than what the task had seen.
    expect(uncertain(view)).toEqual(['t2']);

    connection.tell(gap(1, 'restart'));
    frame();
    expect(uncertain(view)).toEqual(['t1', 't2']);
  });

  test('is as the snapshot says', () => {
    const view = viewOf();
    connection.tell(snapshot({ tasks: [task('t1', { uncertain: true }), task('t2')] }));
    frame();
    expect(uncertain(view)).toEqual(['t1']);

    connection.tell(gap(5));
    frame();
    expect(uncertain(view)).toEqual(['t1']);
    connection.tell(gap(5, 'evicted'));
    frame();
    expect(uncertain(view)).toEqual(['t1', 't2']);
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

  test('have their order, start and end, the same whenever the page was opened', () => {
    const early = viewOf();
    connection.tell(...told);
    frame();
    expect(graph(early)).toEqual({
      plan: [1, at(1), at(3)],
      facts: [2, at(4), undefined],
      style: [2, at(4), undefined],
      tone: [2, at(4), undefined],
      answer: [3, at(5), undefined],
    });

    // One that comes later has what the relay says, and goes on from there.
    const late = viewOf();
    connection.tell(snapshot({ nodes: [...early.sections.nodes.values()] }), state('end', 'running', 6));
    frame();
    expect(graph(late).answer).toEqual(graph(early).answer);
    expect(graph(late).end).toEqual([4, at(6), undefined]);
  });
});

describe('a reconnect that was not recovered', () => {
  const reconnecting = {
    status: 'reconnecting',
    attempts: 1,
    lastConnected: 1,
    nextTry: null,
    waitsFor: 'answer',
    end: { code: 1006, reason: 'lost', at: 1 },
  } as const;

  test('is a gap from the last message to the greeting', () => {
    const view = viewOf();
    connection.tell(hello({}, at(0)), snapshot({ tasks: [task('t1')] }));
    now += 5000;
    connection.tell(created('t2', 5));
    frame();
    expect(view.gaps).toEqual([]);

    now += 20_000;
    connection.become(reconnecting);
    connection.tell(hello({ wasRecovering: true }, at(25)), snapshot({ tasks: [task('t1')] }));
    frame();
    expect(view.gaps).toEqual([{ number: 1, gap: { cause: 'not_recovered', missed: null, from: at(5), to: at(25) }, at: now, after: 1 }]);
  });

  test('makes the seconds unknown in which the connection was dead and nobody had noticed', () => {
    const view = viewOf();
    connection.become(live);
    connection.tell(hello({}, at(0)), snapshot());
    frame();
    const stop = view.subscribe(() => undefined);
    for (let second = 1; second <= 6; second++) {
      now += 1000;
      if (second === 2) connection.tell(created('t1', 2));
      view.flush();
    }
    expect(view.seconds.map(({ events }) => events)).toEqual([null, 0, 1, 0, 0, 0]);

    connection.become(reconnecting);
    connection.become(live);
    connection.tell(hello({ wasRecovering: true }, at(6)), snapshot());
    frame();
    expect(view.seconds.map(({ events }) => events)).toEqual([null, 0, 1, null, null, null]);
    stop();
  });

  test('is not one where what was missed was given again, nor where there was no state yet', () => {
    const view = viewOf();
    connection.tell(hello(), hello(), snapshot(), hello({ wasRecovering: true, recovered: true, missed: 0 }));
    frame();
    expect(view.gaps).toEqual([]);
  });

  test('makes everything uncertain without the subprotocol, which tells of nothing', () => {
    const view = viewOf();
    const listener = vi.fn();
    view.subscribe(listener);
    connection.become({ status: 'live', protocol: 'plain', attempts: 0, lastConnected: null });
    connection.tell(created('t1'));
    now += 3000;
    connection.become(reconnecting);
    connection.become({ status: 'live', protocol: 'plain', attempts: 0, lastConnected: null });

    expect(view.gaps).toEqual([{ number: 1, gap: { cause: 'not_replayed', missed: null, from: at(0), to: at(3) }, at: now, after: 1 }]);
    expect(view.sections.tasks.get('t1')?.uncertain).toBe(true);
    expect(listener).toHaveBeenCalled();
    view.dispose();
  });
});

describe('frames', () => {
  test('a burst is reduced and told in one frame', () => {
    const view = viewOf();
    const listener = vi.fn();
    const stop = view.subscribe(listener);
    for (let i = 0; i < 100; i++) connection.tell(created(`t${i}`));
    expect(view.sections.tasks.size).toBe(0);
    expect(frames).toHaveLength(1);

    frame();

    expect(view.sections.tasks.size).toBe(100);
    expect(listener).toHaveBeenCalledTimes(1);
    stop();
  });

  test('what changes nothing is told to nobody', () => {
    const view = viewOf();
    const listener = vi.fn();
    const stop = view.subscribe(listener);
    connection.tell(snapshot({ last: false, tasks: [task('t1')] }));
    frame();

    expect(listener).not.toHaveBeenCalled();
    stop();
  });

  test('only the version of what changed is another number', () => {
    const view = viewOf();
    connection.tell(created('t1'));
    frame();
    const before = { tasks: view.version('tasks'), nodes: view.version('nodes'), gaps: view.version('gaps'), all: view.version() };
    connection.tell(progress('t1', 5));
    frame();

    expect(view.version('tasks')).not.toBe(before.tasks);
    expect(view.version('nodes')).toBe(before.nodes);
    expect(view.version('gaps')).toBe(before.gaps);
    expect(view.version()).not.toBe(before.all);
  });

  test('entities are replaced, never changed', () => {
    const view = viewOf();
    connection.tell(created('t1', 0, { title: 'one' }));
    frame();
    const before = view.sections.tasks.get('t1');
    const copy = structuredClone(before);
    connection.tell(progress('t1', 50));
    frame();

    expect(before).toEqual(copy);
    expect(view.sections.tasks.get('t1')).not.toBe(before);
  });

  test('where no frames come, messages are taken before too many wait', () => {
    const view = viewOf();
    for (let i = 0; i < 5000; i++) connection.tell(progress('t1', i % 100, i));

    expect(view.feed).toHaveLength(5000);
    expect(frames).toHaveLength(0);
  });

  test('a listener that throws harms no other', () => {
    const report = vi.fn();
    vi.stubGlobal('reportError', report);
    const view = viewOf();
    const listener = vi.fn();
    const stops = [
      view.subscribe(() => {
        throw new Error('mine');
      }),
      view.subscribe(listener),
    ];
    connection.tell(created('t1'));
    frame();

    expect(listener).toHaveBeenCalledTimes(1);
    expect(report).toHaveBeenCalledWith(new Error('mine'));
    for (const stop of stops) stop();
    vi.unstubAllGlobals();
  });
});

describe('a publisher that counts again', () => {
  test('is followed, though its numbers are smaller', () => {
    const view = viewOf();
    const old = { source: 'brain', seq: 500, undated: true, status: 'running' };
    connection.tell(snapshot({ tasks: [task('t1', old), task('t2', { ...old, source: 'other' })] }));
    connection.tell({
      event: 'relay:gap',
      data: { cause: 'publisher_restarted', missed: null, from: null, to: null, source: 'brain' },
      timestamp: at(0),
    });
    for (const taskId of ['t1', 't2']) {
      const source = taskId === 't1' ? 'brain' : 'other';
      connection.tell({ event: 'task:completed', data: { taskId }, timestamp: at(0), source, seq: 1 });
    }
    frame();

    expect(view.sections.tasks.get('t1')?.status).toBe('completed');
    expect(view.sections.tasks.get('t2')?.status).toBe('running');
  });
});

describe('snapshots', () => {
  test('nothing is shown half', () => {
    const view = viewOf();
    connection.tell(created('old'));
    frame();
    connection.tell(snapshot({ part: 1, last: false, tasks: [task('t1')] }));
    connection.tell(snapshot({ part: 2, last: false, tasks: [task('t2')], agents: [{ ...task('a1'), project_id: 'p1' }] }));
    frame();
    expect([...view.sections.tasks.keys()]).toEqual(['old']);

    connection.tell(snapshot({ part: 3, last: true, nodes: [{ ...task('n1'), execution_id: 'e1' }] }));
    frame();

    expect([...view.sections.tasks.keys()]).toEqual(['t1', 't2']);
    expect([...view.sections.agents.keys()]).toEqual([entityKey('p1', 'a1')]);
    expect([...view.sections.nodes.keys()]).toEqual([entityKey('e1', 'n1')]);
  });

  test('part 1 begins anew where another was not finished', () => {
    const view = viewOf();
    connection.tell(snapshot({ part: 1, last: false, tasks: [task('gone')] }));
    connection.tell(snapshot({ part: 1, last: false, tasks: [task('t1')] }), snapshot({ part: 2, last: true, tasks: [task('t2')] }));
    frame();

    expect([...view.sections.tasks.keys()]).toEqual(['t1', 't2']);
  });

  test('the end of one whose beginning was not seen is none', () => {
    const view = viewOf();
    connection.tell(created('t1'), snapshot({ part: 2, last: true, tasks: [] }));
    frame();

    expect([...view.sections.tasks.keys()]).toEqual(['t1']);
  });

  test('tasks stand in the order in which they were created, however the relay gives them', () => {
    const view = viewOf();
    const change = (second: number) => ({ changes: [{ event: 'task:created', timestamp: at(second), received: at(second) }] });
    connection.tell(snapshot({ tasks: [task('second', change(2)), task('third', change(3)), task('first', change(1))] }));
    connection.tell(created('fourth', 4), progress('first', 5, 9));
    frame();

    expect([...view.sections.tasks.keys()]).toEqual(['first', 'second', 'third', 'fourth']);
  });

  test('there is a state from then on, be it empty', () => {
    const view = viewOf();
    connection.tell(hello());
    frame();
    expect(view.hasState).toBe(false);
    connection.tell(snapshot());
    frame();
    expect(view.hasState).toBe(true);
  });
});

describe('what is kept of the stream', () => {
  test('the feed holds the newest events, numbered', () => {
    const view = viewOf({ feedLimit: 3 });
    for (let i = 1; i <= 5; i++) connection.tell(progress('t1', i, i));
    frame();

    expect(view.feed.map(({ number }) => number)).toEqual([3, 4, 5]);
    expect(view.feed.at(-1)?.event.data).toMatchObject({ progress: 5 });
  });

  test('an answer to a command is in the feed, and not in the state', () => {
    const view = viewOf();
    connection.tell({ ...created('t1'), reply_to: 'c1' });
    frame();

    expect(view.feed).toHaveLength(1);
    expect(view.sections.tasks.size).toBe(0);
  });

  test('the last fifty gaps are known', () => {
    const view = viewOf();
    for (let i = 1; i <= 60; i++) connection.tell(gap(i));
    frame();

    expect(view.gaps).toHaveLength(50);
    expect(view.gaps.at(-1)).toEqual({ number: 60, gap: gap(60).data, at: now, after: 0 });
  });

  test('the relay tells how its link stands', () => {
    const view = viewOf();
    connection.tell(hello());
    frame();
    expect(view.link).toEqual({ state: 'live' });
    const degraded = { state: 'degraded', asOf: at(1), ageMs: 5, reason: 'cut' } as const;
    connection.tell({ event: 'relay:state', data: degraded, timestamp: at(2) });
    frame();
    expect(view.link).toEqual(degraded);
  });

  test('the lag is by the relay’s clock, which is as far ahead as its least delayed message says', () => {
    const view = viewOf();
    now += 400; // A hello that was long on the way.
    connection.tell(hello({}, at(10)));
    now += 1000;
    connection.tell({ event: 'relay:ping', data: {}, timestamp: at(11.38) });
    frame();
    expect(view.clockOffset).toBe(9980);

    now += 100;
    connection.tell(created('t1', 11));
    connection.tell(created('t2', 99));
    frame();
    connection.tell({ ...created('t3', 11), undated: true, id: '0123456789abcdef-1a1fd223c05' });
    frame();
    // The clock of the second publisher is ahead, and the third gave no time.
    expect(view.feed.map(({ lag }) => lag)).toEqual([480, null, null]);
    expect(view.feed.map(({ accepted }) => accepted)).toEqual([null, null, 0x1a1fd223c05]);
    expect(view.lastMessageAt).toBe(now);
  });

  test('seconds have their events and lags, and those without events are there too', () => {
    connection.become(live);
    const view = viewOf();
    for (let i = 0; i < 100; i++) connection.tell(progress('t1', i, -i / 1000));
    frame();
    expect(view.seconds).toHaveLength(0);
    now += 3000;
    connection.tell(progress('t1', 1, 3));
    frame();

    const second = Date.parse(at(0)) / 1000;
    expect(view.seconds).toEqual([
      { second, events: 100, lagMedian: 49, lagP99: 98 },
      { second: second + 1, events: 0, lagMedian: null, lagP99: null },
      { second: second + 2, events: 0, lagMedian: null, lagP99: null },
    ]);
  });

  test('the throughput of a second in which the connection was not live is not known', () => {
    connection.become(live);
    const view = viewOf();
    const stop = view.subscribe(() => undefined);
    const pass = () => {
      now += 1000;
      view.flush();
    };
    connection.tell(created('t1'));
    pass();
    pass();
    connection.become({ ...live, status: 'degraded', asOf: null, reason: 'cut' });
    pass();
    connection.become(live);
    pass();
    pass();
    stop();
    expect(view.seconds.map(({ events }) => events)).toEqual([1, 0, null, null, 0]);
  });

  test('no more than two minutes of them', () => {
    const view = viewOf();
    connection.tell(progress('t1', 1, 0));
    now += 10_000_000;
    frame();
    connection.tell(progress('t1', 2, 0));
    frame();

    expect(view.seconds).toHaveLength(120);
    expect(view.seconds.at(-1)?.second).toBe(Math.floor(now / 1000) - 1);
  });
});

describe('bounds', () => {
  test('what the limit leaves out is counted by status, once, for each project', () => {
    const view = viewOf({ entityLimit: 2 });
    const counts = (project: string | null = null) => Object.fromEntries(view.dropped('tasks', project));
    const tasks = [
      task('t1', { status: 'completed', project_id: 'p1' }),
      task('t2', { status: 'failed' }),
      task('t3', { status: 'running' }),
      task('t4', { status: 'completed' }),
    ];
    connection.tell(snapshot({ tasks }));
    frame();
    expect([...view.sections.tasks.keys()]).toEqual(['t3', 't4']);
    expect(counts()).toEqual({ completed: 1, failed: 1 });
    expect(counts('p1')).toEqual({ completed: 1 });

    connection.tell({ ...created('t1', 9), data: { taskId: 't1', status: 'running' } }); // It is held again, and t4 is not.
    frame();
    expect([...view.sections.tasks.keys()]).toEqual(['t3', 't1']);
    expect(counts()).toMatchObject({ completed: 1, failed: 1 });
    connection.tell(snapshot({ tasks: tasks.slice(2) }));
    frame();
    expect(counts()).toEqual({});
  });

  test('past the limit those that have ended go first, the longest unchanged before the others', () => {
    const view = viewOf({ entityLimit: 3 });
    for (const [i, id] of ['running', 'ended', 'ended later', 'last'].entries())
      connection.tell(id.startsWith('ended') ? { ...created(id, i), event: 'task:failed' } : created(id, i));
    frame();
    expect([...view.sections.tasks.keys()]).toEqual(['running', 'ended later', 'last']);

    connection.tell(progress('running', 5, 10), created('a', 11), created('b', 12));
    frame();

    expect([...view.sections.tasks.keys()]).toEqual(['running', 'a', 'b']);
    expect(view.evicted).toBe(3);
  });

  test('a snapshot is cut as well', () => {
    const view = viewOf({ entityLimit: 2 });
    connection.tell(snapshot({ tasks: [task('a', { status: 'failed' }), task('b'), task('c')] }));
    frame();

    expect([...view.sections.tasks.keys()]).toEqual(['b', 'c']);
  });
});

describe('text of nodes', () => {
  const token = (text: string, second = 1) => ({
    event: 'token_stream' as const,
    data: { token: text, execution_id: 'e1' },
    node_id: 'n1',
    timestamp: at(second),
  });

  test('is all that came, where the entity has its tail alone', () => {
    const view = viewOf();
    for (let i = 0; i < 30; i++) connection.tell(token(String(i % 10).repeat(1000)));
    frame();

    expect(view.text('e1', 'n1')).toHaveLength(30_000);
    const node = view.sections.nodes.get(entityKey('e1', 'n1'));
    expect(node?.text?.length).toBeLessThanOrEqual(16_384);
    expect(view.text('e1', 'n1').endsWith(node?.text ?? '?')).toBe(true);
    expect(node).toMatchObject({ text_bytes: 30_000, truncated: true });
  });

  test('begins with the tail that a snapshot gave', () => {
    const view = viewOf();
    connection.tell(snapshot({ nodes: [{ ...task('n1'), execution_id: 'e1', text: 'so far', text_bytes: 6 }] }), token(', and on'));
    frame();

    expect(view.text('e1', 'n1')).toBe('so far, and on');
    expect(view.text('e1', 'unknown')).toBe('');
  });

  test('outlasts a snapshot that says the same, and gives way to one that says something else', () => {
    const view = viewOf();
    connection.tell(token('a'.repeat(20_000)), token('end'));
    frame();
    const tail = view.sections.nodes.get(entityKey('e1', 'n1'))?.text ?? '';
    const with_ = (text: string) => snapshot({ nodes: [{ ...task('n1'), execution_id: 'e1', text, text_bytes: 20_003 }] });
    connection.tell(with_(tail));
    frame();
    expect(view.text('e1', 'n1')).toHaveLength(20_003);

    connection.tell(with_(`${tail.slice(-100)} and more`));
    frame();
    expect(view.text('e1', 'n1')).toBe(`${tail.slice(-100)} and more`);
  });

  test('is bounded', () => {
    const view = viewOf();
    for (let i = 0; i < 60; i++) connection.tell(token('😀a'.repeat(13_333)));
    frame();

    const text = view.text('e1', 'n1');
    expect(text.length).toBeLessThanOrEqual(1024 * 1024 * 1.125);
    expect(text.length).toBeGreaterThan(1024 * 1024 - 2);
    expect(text).toMatch(/^(😀|a😀)/);
  });
});

describe('executors', () => {
  test('is who a relay says it is', () => {
    const view = viewOf();
    connection.tell(
      Object.assign({ event: 'executor:status' as const, data: { activeCount: 2 }, timestamp: at(6) }, { source: 'brain-2' }),
    );
    frame();

    expect([...view.sections.executor.keys()]).toEqual(['brain-2']);
  });
});

test('the seconds go on while somebody looks, and an idle page has no timers when nobody does', () => {
  vi.useFakeTimers();
  const view = viewOf();
  connection.tell(created('t1'));
  frame();
  const listener = vi.fn();
  const stop = view.subscribe(listener);
  now += 1000;
  vi.advanceTimersByTime(1000);
  frame();

  expect(listener).toHaveBeenCalledTimes(1);
  expect(view.seconds).toHaveLength(1);
  stop();
  stop();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

test('after dispose nothing is heard any more', () => {
  const view = viewOf();
  connection.tell(created('t1'));
  view.dispose();
  frame();
  connection.tell(created('t2'));

  expect(connection.subscribers).toBe(0);
  expect(frames).toHaveLength(0);
  expect(view.sections.tasks.size).toBe(0);
});
