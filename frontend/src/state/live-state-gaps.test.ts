import { beforeEach, describe, expect, test, vi } from 'vitest';
import { live } from '../../tests/fakes/fake-connection';
import { LiveStateFixture } from '../../tests/fakes/live-state-fixture';
import { at, created, gap, hello, progress, snapshot, task } from '../../tests/fakes/made-messages';
import type { LiveState } from './live-state';

let fixture: LiveStateFixture;

beforeEach(() => {
  fixture = new LiveStateFixture();
});

describe('an entity whose last event was before a gap', () => {
  const uncertain = (view: LiveState) => [...view.sections.tasks.values()].filter((one) => one.uncertain === true).map(({ id }) => id);

  test('is uncertain until its next event, unless it has ended', () => {
    const view = fixture.viewOf();
    fixture.connection.receive(created('t1'), created('t2'), created('t3'), {
      event: 'task:completed',
      data: { taskId: 't3' },
      timestamp: at(1),
    });
    fixture.frame();
    expect(uncertain(view)).toEqual([]);
    const before = view.sections.tasks.get('t1');

    fixture.connection.receive(gap(3, 'redis_lost'), gap(1, 'publisher_gap'));
    fixture.frame();
    expect(uncertain(view)).toEqual(['t1', 't2']);
    expect(before?.uncertain).toBeUndefined();

    fixture.connection.receive(progress('t1', 50, 2), progress('t2', 50, -1));
    fixture.frame();
    // The second was older than what the task had seen.
    expect(uncertain(view)).toEqual(['t2']);

    fixture.connection.receive(gap(1, 'restart'));
    fixture.frame();
    expect(uncertain(view)).toEqual(['t1', 't2']);
  });

  test('has the certainty of the snapshot', () => {
    const view = fixture.viewOf();
    fixture.connection.receive(snapshot({ tasks: [task('t1', { uncertain: true }), task('t2')] }));
    fixture.frame();
    expect(uncertain(view)).toEqual(['t1']);

    fixture.connection.receive(gap(5));
    fixture.frame();
    expect(uncertain(view)).toEqual(['t1']);
    fixture.connection.receive(gap(5, 'evicted'));
    fixture.frame();
    expect(uncertain(view)).toEqual(['t1', 't2']);
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

  test('is a gap from the last message to relay:hello', () => {
    const view = fixture.viewOf();
    fixture.connection.receive(hello({}, at(0)), snapshot({ tasks: [task('t1')] }));
    fixture.now += 5000;
    fixture.connection.receive(created('t2', 5));
    fixture.frame();
    expect(view.gaps).toEqual([]);

    fixture.now += 20_000;
    fixture.connection.changeState(reconnecting);
    fixture.connection.receive(hello({ wasRecovering: true }, at(25)), snapshot({ tasks: [task('t1')] }));
    fixture.frame();
    expect(view.gaps).toEqual([
      { number: 1, gap: { cause: 'not_recovered', missed: null, from: at(5), to: at(25) }, at: fixture.now, after: 1 },
    ]);
  });

  test('marks the seconds in which the connection was dead but not detected as unknown', () => {
    const view = fixture.viewOf();
    fixture.connection.changeState(live);
    fixture.connection.receive(hello({}, at(0)), snapshot());
    fixture.frame();
    const stop = view.subscribe(() => undefined);
    for (let second = 1; second <= 6; second++) {
      fixture.now += 1000;
      if (second === 2) fixture.connection.receive(created('t1', 2));
      view.flush();
    }
    expect(view.seconds.map(({ events }) => events)).toEqual([null, 0, 1, 0, 0, 0]);

    fixture.connection.changeState(reconnecting);
    fixture.connection.changeState(live);
    fixture.connection.receive(hello({ wasRecovering: true }, at(6)), snapshot());
    fixture.frame();
    expect(view.seconds.map(({ events }) => events)).toEqual([null, 0, 1, null, null, null]);
    stop();
  });

  test('is not a gap if the missed events were replayed, or if there was no state yet', () => {
    const view = fixture.viewOf();
    fixture.connection.receive(hello(), hello(), snapshot(), hello({ wasRecovering: true, recovered: true, missed: 0 }));
    fixture.frame();
    expect(view.gaps).toEqual([]);
  });

  test('without the subprotocol makes everything uncertain', () => {
    const view = fixture.viewOf();
    const listener = vi.fn();
    view.subscribe(listener);
    fixture.connection.changeState({ status: 'live', protocol: 'plain', attempts: 0, lastConnected: null });
    fixture.connection.receive(created('t1'));
    fixture.now += 3000;
    fixture.connection.changeState(reconnecting);
    fixture.connection.changeState({ status: 'live', protocol: 'plain', attempts: 0, lastConnected: null });

    expect(view.gaps).toEqual([
      { number: 1, gap: { cause: 'not_replayed', missed: null, from: at(0), to: at(3) }, at: fixture.now, after: 1 },
    ]);
    expect(view.sections.tasks.get('t1')?.uncertain).toBe(true);
    expect(listener).toHaveBeenCalled();
    view.dispose();
  });
});
