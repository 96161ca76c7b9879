import { beforeEach, expect, test } from 'vitest';
import { LiveStateFixture } from '../../tests/fakes/live-state-fixture';
import { at, created, hello, progress, snapshot } from '../../tests/fakes/made-messages';
import { type HistoryPage, loadPast, type PastEvent } from './history-page';

let fixture: LiveStateFixture;

beforeEach(() => {
  fixture = new LiveStateFixture();
});

/** A position that was accepted at that second of the timeline. */
const position = (second: number) => `00000000000000aa-${Date.parse(at(second)).toString(16).padStart(11, '0')}`;

/** An event that was published and accepted at these seconds. */
function past(second: number, published = second): PastEvent {
  return { ...created(`t${second}`, published), id: position(second), received: at(second) };
}

function page(events: PastEvent[], members: Partial<HistoryPage> = {}): HistoryPage {
  return { position: position(60), before: null, complete: true, events, ...members };
}

/** A page that was opened at second 60 and is live. */
function openView(feedLimit = 5000) {
  fixture.now = Date.parse(at(60));
  const view = fixture.viewOf({ feedLimit });
  fixture.connection.receive(hello({}, at(60)));
  fixture.connection.receive(snapshot({ position: position(60) }));
  fixture.frame();
  return view;
}

test('past events precede the live ones in the feed, each once and with a number of its own', async () => {
  const view = openView();
  fixture.connection.receive(progress('t1', 10, 60));
  fixture.frame();
  const asked: unknown[] = [];
  const pages = [page([past(50), past(55)], { before: position(50) }), page([past(40)])];

  const end = await loadPast(view, (query) => {
    asked.push(query);
    return Promise.resolve(pages.shift() ?? page([]));
  });

  expect(end).toBe('start');
  expect(asked).toEqual([
    { before: position(60), limit: 1000 },
    { before: position(50), limit: 1000 },
  ]);
  expect(view.feed.map(({ number, fromHistory }) => [number, fromHistory])).toEqual([
    [-2, true],
    [-1, true],
    [0, true],
    [1, false],
  ]);
  expect(view.feed[0]).toMatchObject({ received: Date.parse(at(40)), accepted: Date.parse(at(40)), event: { data: { taskId: 't40' } } });
  expect(view.feed[0]?.event).not.toHaveProperty('received');
});

test('past events do not change the state', () => {
  const view = openView();
  view.addPast(page([past(50)]));
  expect(view.sections.tasks.size).toBe(0);
});

test('the feed takes no more past events than there is room for, the newest of them', () => {
  const view = openView(3);
  fixture.connection.receive(progress('t1', 10, 60));
  fixture.frame();
  expect(view.addPast(page([past(40), past(50), past(55)]))).toBe(false);
  expect(view.feed.map(({ number }) => number)).toEqual([-1, 0, 1]);
  fixture.connection.receive(progress('t1', 20, 60));
  fixture.frame();
  expect(view.feed.map(({ number }) => number)).toEqual([0, 1, 2]);
  expect(view.addPast(page([past(30)]))).toBe(false);
  expect(view.feed).toHaveLength(3);
});

test('a page that begins with a gap adds it before its events', () => {
  const view = openView();
  const gap = { cause: 'redis_lost' as const, missed: null, from: at(44), to: at(46) };
  view.addPast(page([past(50)], { complete: false, gap, before: position(44) }));
  view.addPast(page([past(40)]));
  expect(view.gaps).toEqual([{ number: 1, gap, at: Date.parse(at(46)), after: -1 }]);
  expect(view.feed.map(({ number }) => number)).toEqual([-1, 0]);
});

test('events whose content was dropped are reported as a gap', () => {
  const view = openView();
  view.addPast(page([past(50), past(52)], { complete: false }));
  expect(view.gaps).toMatchObject([{ gap: { cause: 'not_kept', missed: null, from: at(50), to: at(52) }, after: -2 }]);
});

test('the seconds before the page was opened have the past events and their lag', () => {
  const view = openView();
  fixture.connection.receive(progress('t1', 10, 60));
  fixture.frame();
  // Those of second 55 may be incomplete: older ones are on the next page.
  view.addPast(page([past(55), past(57, 56.5), past(57, 57), past(60, 60)], { before: position(55) }));
  const shown = () => view.seconds.map(({ second, events, lagP99 }) => [second - Date.parse(at(0)) / 1000, events, lagP99]);
  expect(shown()).toEqual([
    [56, 0, null],
    [57, 2, 500],
    [58, 0, null],
    [59, 0, null],
  ]);
  fixture.now += 1000;
  view.flush();
  // The second in which the page was opened: one past event and a live one.
  expect(shown().at(-1)).toEqual([60, 2, 0]);
  view.addPast(page([past(54)]));
  expect(shown()[0]).toEqual([55, 1, 0]);
});

test('the seconds of a gap are unknown', () => {
  const view = openView();
  const gap = { cause: 'redis_lost' as const, missed: null, from: at(52.5), to: at(54.5) };
  view.addPast(page([past(57)], { complete: false, gap, before: position(52) }));
  view.addPast(page([past(50), past(51)]));
  const shown = () => view.seconds.map(({ second, events }) => [second - Date.parse(at(0)) / 1000, events]);
  expect(shown()).toEqual([
    [51, 1],
    [52, null],
    [53, null],
    [54, null],
    [55, 0],
    [56, 0],
    [57, 1],
    [58, 0],
    [59, 0],
  ]);
});

test('the seconds before a gap of unknown length are not shown', () => {
  const view = openView();
  const gap = { cause: 'restart' as const, missed: null, from: null, to: at(54) };
  view.addPast(page([past(57)], { complete: false, gap, before: position(52) }));
  view.addPast(page([past(50), past(51)]));
  expect(view.seconds[0]?.second).toBe(Date.parse(at(58)) / 1000);
});
