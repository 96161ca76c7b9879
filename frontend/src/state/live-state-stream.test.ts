import { beforeEach, describe, expect, test, vi } from 'vitest';
import { live } from '../../tests/fakes/fake-connection';
import { LiveStateFixture } from '../../tests/fakes/live-state-fixture';
import { at, created, gap, hello, progress } from '../../tests/fakes/made-messages';

let fixture: LiveStateFixture;

beforeEach(() => {
  fixture = new LiveStateFixture();
});

describe('the history of the stream', () => {
  test('the feed has the newest events, numbered', () => {
    const view = fixture.viewOf({ feedLimit: 3 });
    for (let i = 1; i <= 5; i++) fixture.connection.receive(progress('t1', i, i));
    fixture.frame();

    expect(view.feed.map(({ number }) => number)).toEqual([3, 4, 5]);
    expect(view.feed.at(-1)?.event.data).toMatchObject({ progress: 5 });
  });

  test('a reply to a command is in the feed and not in the state', () => {
    const view = fixture.viewOf();
    fixture.connection.receive({ ...created('t1'), reply_to: 'c1' });
    fixture.frame();

    expect(view.feed).toHaveLength(1);
    expect(view.sections.tasks.size).toBe(0);
  });

  test('the last fifty gaps are kept', () => {
    const view = fixture.viewOf();
    for (let i = 1; i <= 60; i++) fixture.connection.receive(gap(i));
    fixture.frame();

    expect(view.gaps).toHaveLength(50);
    expect(view.gaps.at(-1)).toEqual({ number: 60, gap: gap(60).data, at: fixture.now, after: 0 });
  });

  test('the link status is that of the relay', () => {
    const view = fixture.viewOf();
    fixture.connection.receive(hello());
    fixture.frame();
    expect(view.link).toEqual({ status: 'live' });
    const degraded = { status: 'degraded', asOf: at(1), ageMs: 5, reason: 'cut' } as const;
    fixture.connection.receive({ event: 'relay:link', data: degraded, timestamp: at(2) });
    fixture.frame();
    expect(view.link).toEqual(degraded);
  });

  test('the lag uses the relay’s clock, estimated from its least delayed message', () => {
    const view = fixture.viewOf();
    fixture.now += 400; // A hello that was long on the way.
    fixture.connection.receive(hello({}, at(10)));
    fixture.now += 1000;
    fixture.connection.receive({ event: 'relay:ping', data: {}, timestamp: at(11.38) });
    fixture.frame();
    expect(view.clockOffset).toBe(9980);

    fixture.now += 100;
    fixture.connection.receive(created('t1', 11));
    fixture.connection.receive(created('t2', 99));
    fixture.frame();
    fixture.connection.receive({ ...created('t3', 11), undated: true, id: '0123456789abcdef-1a1fd223c05' });
    fixture.frame();
    // The clock of the second publisher is ahead, and the third gave no time.
    expect(view.feed.map(({ lag }) => lag)).toEqual([480, null, null]);
    expect(view.feed.map(({ accepted }) => accepted)).toEqual([null, null, 0x1a1fd223c05]);
    expect(view.lastMessageAt).toBe(fixture.now);
  });

  test('each second has its events and lags, including empty seconds', () => {
    fixture.connection.changeState(live);
    const view = fixture.viewOf();
    for (let i = 0; i < 100; i++) fixture.connection.receive(progress('t1', i, -i / 1000));
    fixture.frame();
    expect(view.seconds).toHaveLength(0);
    fixture.now += 3000;
    fixture.connection.receive(progress('t1', 1, 3));
    fixture.frame();

    const second = Date.parse(at(0)) / 1000;
    expect(view.seconds).toEqual([
      { second, events: 100, lagMedian: 49, lagP99: 98 },
      { second: second + 1, events: 0, lagMedian: null, lagP99: null },
      { second: second + 2, events: 0, lagMedian: null, lagP99: null },
    ]);
  });

  test('the throughput of a second in which the connection was not live is unknown', () => {
    fixture.connection.changeState(live);
    const view = fixture.viewOf();
    const stop = view.subscribe(() => undefined);
    const pass = () => {
      fixture.now += 1000;
      view.flush();
    };
    fixture.connection.receive(created('t1'));
    pass();
    pass();
    fixture.connection.changeState({ ...live, status: 'degraded', asOf: null, reason: 'cut' });
    pass();
    fixture.connection.changeState(live);
    pass();
    pass();
    stop();
    expect(view.seconds.map(({ events }) => events)).toEqual([1, 0, null, null, 0]);
  });

  test('at most two minutes of seconds are kept', () => {
    const view = fixture.viewOf();
    fixture.connection.receive(progress('t1', 1, 0));
    fixture.now += 10_000_000;
    fixture.frame();
    fixture.connection.receive(progress('t1', 2, 0));
    fixture.frame();

    expect(view.seconds).toHaveLength(120);
    expect(view.seconds.at(-1)?.second).toBe(Math.floor(fixture.now / 1000) - 1);
  });
});

test('seconds advance while there is a listener; without one an idle page has no timers', () => {
  vi.useFakeTimers();
  const view = fixture.viewOf();
  fixture.connection.receive(created('t1'));
  fixture.frame();
  const listener = vi.fn();
  const stop = view.subscribe(listener);
  fixture.now += 1000;
  vi.advanceTimersByTime(1000);
  fixture.frame();

  expect(listener).toHaveBeenCalledTimes(1);
  expect(view.seconds).toHaveLength(1);
  stop();
  stop();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});
