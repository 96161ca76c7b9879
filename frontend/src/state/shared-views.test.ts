import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeConnection, live } from '../../tests/fakes/fake-connection';
import { SharedViews, viewOf, type ViewOptions } from './shared-views';

let made: { options: ViewOptions; connection: FakeConnection }[];
let views: SharedViews;

beforeEach(() => {
  vi.useFakeTimers();
  made = [];
  views = new SharedViews((options) => {
    const connection = new FakeConnection();
    made.push({ options, connection });
    return connection;
  });
});
afterEach(() => vi.useRealTimers());

test('equal options share one connection, others do not', () => {
  const one = views.get({ filter: { project: 'p1' } });

  expect(views.get({ filter: { project: ['p1'] } })).toBe(one);
  expect(views.get({ filter: { task: 'p1' } })).not.toBe(one);
  expect(views.get({ url: '/other/ws', filter: { project: 'p1' } })).not.toBe(one);
  expect(views.get({ filter: { project: 'p1' }, shared: () => new MessageChannel().port1 })).not.toBe(one);
  expect(made).toHaveLength(4);
});

test('a connection is opened by the first hold, and closed some time after the last release', () => {
  const view = views.get({});
  const connection = made[0]?.connection;
  expect(connection?.connects).toBe(0);
  const [first, second] = [view.hold(), view.hold()];
  expect(connection?.connects).toBe(1);
  first();
  first();
  vi.advanceTimersByTime(10_000);
  expect(connection?.closes).toBe(0);
  second();
  vi.advanceTimersByTime(999);
  expect(connection?.closes).toBe(0);
  vi.advanceTimersByTime(1);

  expect(connection?.closes).toBe(1);
  expect(views.get({})).not.toBe(view);
});

test('unmounting and mounting again keeps the connection open', () => {
  const view = views.get({});
  view.hold()();
  view.hold();
  vi.advanceTimersByTime(10_000);

  expect(made).toHaveLength(1);
  expect(made[0]?.connection).toMatchObject({ closes: 0 });
  expect(views.get({})).toBe(view);
});

test('holding a closed connection opens it again', () => {
  const view = views.get({});
  view.hold()();
  vi.advanceTimersByTime(1000);
  view.hold();

  expect(made[0]?.connection).toMatchObject({ connects: 2, closes: 1 });
  expect(views.get({})).toBe(view);
});

test('a connection that was never held is dropped', () => {
  const view = views.get({});
  vi.advanceTimersByTime(30_000);

  expect(views.get({})).not.toBe(view);
  expect(made[0]?.connection).toMatchObject({ connects: 0, closes: 0 });
});

test('a given connection is connected once, and never closed', () => {
  const connection = new FakeConnection();
  const own = viewOf(connection);
  expect(viewOf(connection)).toBe(own);
  own.hold();
  connection.changeState(live);
  own.hold()();
  vi.advanceTimersByTime(60_000);

  expect(connection).toMatchObject({ connects: 1, closes: 0 });
});

test('the latest function for tokens is used, and functions do not make options different', async () => {
  const view = views.get({ token: () => Promise.resolve('first') });
  expect(views.get({ token: () => Promise.resolve('second') })).toBe(view);
  expect(views.get({})).not.toBe(view);

  expect(await made[0]?.options.token?.()).toBe('second');
  expect(made[1]?.options.token).toBeUndefined();
});
