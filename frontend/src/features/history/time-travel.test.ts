import type { StateHistory } from 'cecelia-client/state';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { densityOf } from './density';
import { handleHistoryKey } from './history-keys';
import { TimeTravel } from './time-travel';

const end = 10_000;

/** A history with an event each second, `p1` to `p10`. */
class FakeHistory {
  readonly begin = 0;
  readonly end = end;
  readonly length = 10;
  index = 10;
  time = end;
  moves = 0;
  readonly #listeners = new Set<() => void>();

  get position(): string | null {
    return this.index === 0 ? null : `p${this.index}`;
  }

  subscribe(listener: () => void): void {
    this.#listeners.add(listener);
  }

  seek(moment: number | string): this {
    const time = typeof moment === 'number' ? moment : Number(moment.slice(1)) * 1000;
    return this.#move(Math.min(end, Math.max(0, time)));
  }

  seekIndex(index: number): this {
    return this.#move(Math.min(10, Math.max(0, index)) * 1000);
  }

  step(by: number): this {
    return this.seekIndex(this.index + by);
  }

  #move(time: number): this {
    this.time = time;
    this.index = Math.floor(time / 1000);
    this.moves++;
    for (const listener of this.#listeners) listener();
    return this;
  }
}

let history: FakeHistory;
let addresses: (string | null)[];
let moment: TimeTravel;
let fail: Error | null;
let signals: AbortSignal[];

const loaded = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'setInterval', 'clearInterval', 'requestAnimationFrame', 'cancelAnimationFrame', 'performance'],
  });
  vi.stubGlobal('requestAnimationFrame', (callback: () => void) => setTimeout(callback, 16));
  vi.stubGlobal('cancelAnimationFrame', clearTimeout);
  history = new FakeHistory();
  addresses = [];
  signals = [];
  fail = null;
  moment = new TimeTravel(
    ({ signal, onPage }) => {
      signals.push(signal);
      onPage?.();
      return fail === null ? Promise.resolve(history as unknown as StateHistory) : Promise.reject(fail);
    },
    (at) => addresses.push(at),
  );
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('opens at the end, follows the address, and returns to the present', async () => {
  void moment.open();
  expect(moment.get()).toMatchObject({ status: 'loading', received: 1 });
  await loaded();
  expect(moment.get()).toMatchObject({ status: 'past', isPlaying: false });
  moment.step(-3);
  moment.follow('p2');
  expect(history.index).toBe(2);
  moment.step(-2);
  expect(addresses).toEqual(['p10', 'p7', 'begin']);
  moment.follow(null);
  expect(moment.get()).toEqual({ status: 'live', isGone: false });
});

test('a link to a moment that the history does not have is reported', async () => {
  moment.follow('p4');
  await loaded();
  expect([moment.get().status, history.index]).toEqual(['past', 4]);
  moment.live();
  moment.follow('p99');
  await loaded();
  expect(moment.get()).toEqual({ status: 'live', isGone: true });
  expect(addresses.at(-1)).toBeNull();
});

test('says why the history cannot be loaded, tries again, and a cancelled load has no effect', async () => {
  fail = Object.assign(new Error('Too many requests'), { reason: 'too_many_requests', status: 429 });
  void moment.open();
  await loaded();
  expect(moment.get()).toMatchObject({ status: 'failed', reason: 'busy' });
  fail = Object.assign(new Error('Not Found'), { reason: 'not_json', status: 404 });
  moment.retry();
  await loaded();
  expect(moment.get()).toMatchObject({ status: 'failed', reason: 'not_offered' });
  fail = null;
  moment.retry();
  moment.live();
  expect(signals.at(-1)?.aborted).toBe(true);
  await loaded();
  expect(moment.get().status).toBe('live');
});

test('dragging moves at most once per frame, to the last place', async () => {
  void moment.open();
  await loaded();
  const { moves } = history;
  for (const time of [9000, 5000, 3000]) moment.seekSoon(time);
  expect(history.moves).toBe(moves);
  await vi.advanceTimersByTimeAsync(20);
  expect([history.moves, history.time]).toEqual([moves + 1, 3000]);
});

test('plays at the speed, and pauses at the end', async () => {
  void moment.open('p1');
  await loaded();
  moment.setSpeed(1);
  moment.toggle();
  await vi.advanceTimersByTimeAsync(3000);
  expect(history.time).toBeCloseTo(4000, -2);
  moment.setSpeed(60);
  await vi.advanceTimersByTimeAsync(500);
  expect(moment.get()).toMatchObject({ isPlaying: false });
  expect(history.time).toBe(end);
  moment.toggle();
  expect(history.index).toBe(0);
});

test('has its keys only while an earlier moment is shown', async () => {
  const press = (key: string, shiftKey = false) => handleHistoryKey(moment, { key, shiftKey });
  expect(press('ArrowLeft')).toBe(false);
  void moment.open();
  await loaded();
  expect(press('ArrowLeft')).toBe(true);
  expect(history.index).toBe(9);
  press('ArrowLeft', true);
  expect(history.time).toBe(0);
  press('End');
  press('Home');
  press('ArrowRight');
  expect(history.index).toBe(1);
  press(' ');
  expect(moment.get()).toMatchObject({ isPlaying: true });
  expect(press('x')).toBe(false);
});

test('counts the events of a history by time, with failures, gaps and what is uncertain', () => {
  const event = (name: string, received: number) => ({ event: { event: name }, received });
  const shown = {
    begin: 1000,
    end: 2000,
    allEvents: [event('task:created', 1000), event('task:failed', 1499), event('node:failed', 1500), event('task:completed', 2000)],
    allGaps: [{ gap: { from: null, to: null }, at: 1500 }],
    uncertain: [{ fromTime: 1500, toTime: Infinity }],
  };
  expect(densityOf(shown as unknown as Parameters<typeof densityOf>[0], 4)).toEqual({
    counts: [1, 1, 1, 1],
    most: 1,
    failed: [1],
    uncertain: [[0.5, 1]],
    gaps: [[0.5, 0.5]],
  });
});
