import { afterEach, describe, expect, it } from 'vitest';
import { language } from '../../i18n/preferences';
import { type Item, mergeNews, type News, NewsFinder, noNews, type Observed, wantedNews } from './news';
import { newsPlace, newsText } from './news-text';
import { Notifier } from './notifier';
import { parseSettings } from './notify-settings';

const now = Date.parse('2026-11-29T12:00:00Z');
const second = 1000;

const failure = (id: string, project?: string, at = now): Item => ({ kind: 'task', id, title: `The ${id}`, project, at });
const run = (id: string, project?: string): Item => ({ kind: 'execution', id, title: id, project, at: 0 });
const observed = (changes: Partial<Observed> = {}): Observed => ({
  at: now,
  hasState: true,
  isLive: true,
  outage: null,
  failures: [],
  input: [],
  silent: [],
  ...changes,
});
const on = parseSettings('{"isOn":true}');

afterEach(() => language.override(null));

describe('news', () => {
  it('are not the history at the opening', () => {
    const finder = new NewsFinder();
    expect(finder.update(observed({ hasState: false }))).toEqual(noNews);
    expect(finder.update(observed({ failures: [failure('a')], input: [run('r')], silent: [run('s')] }))).toEqual(noNews);
    expect(finder.update(observed({ failures: [failure('a'), failure('b')] })).failures).toEqual([failure('b')]);
  });

  it('are not the same failure twice, nor one of long ago, which was replayed', () => {
    const finder = new NewsFinder();
    finder.update(observed());
    const items = [failure('a'), failure('old', 'p', now - 11 * 60 * second)];
    expect(finder.update(observed({ failures: items })).failures).toEqual([failure('a')]);
    expect(finder.update(observed({ failures: items })).failures).toEqual([]);
  });

  it('are not what waited or was silent before an outage', () => {
    const finder = new NewsFinder();
    finder.update(observed());
    expect(finder.update(observed({ input: [run('r')], silent: [run('s')] }))).toMatchObject({ input: [run('r')], silent: [run('s')] });
    expect(finder.update(observed({ isLive: false, outage: { kind: 'away', since: now } }))).toEqual(noNews);
    expect(finder.update(observed({ input: [run('r')], silent: [run('s')] }))).toEqual(noNews);
    finder.update(observed());
    expect(finder.update(observed({ input: [run('r')] })).input).toEqual([run('r')]);
  });

  it('are an outage once, if it lasts', () => {
    const finder = new NewsFinder();
    const outage = { kind: 'away', since: now } as const;
    finder.update(observed());
    const at = (seconds: number) => finder.update(observed({ at: now + seconds * second, isLive: false, outage })).link;
    expect([at(0), at(9), at(10), at(60)]).toEqual([null, null, 'away', null]);
    finder.update(observed());
    expect([at(0), at(10)]).toEqual([null, 'away']);
  });

  it('are limited to what was chosen', () => {
    const news: News = { failures: [failure('a', 'p'), failure('b')], input: [run('r', 'q')], silent: [], link: 'away' };
    expect(wantedNews(news, parseSettings(null))).toEqual(noNews);
    expect(wantedNews(news, on)).toEqual(news);
    expect(wantedNews(news, { ...on, projects: ['p'] })).toEqual({ ...news, failures: [failure('a', 'p')], input: [] });
    expect(wantedNews(news, { ...on, kinds: ['input'] })).toEqual({ ...noNews, input: [run('r', 'q')] });
  });
});

describe('the text of a notification', () => {
  const failures = [failure('a', 'billing'), failure('b', 'billing'), failure('c', 'billing'), failure('d', 'billing')];

  it('counts, and names the project if there is one', () => {
    expect(newsText({ ...noNews, failures })).toEqual({ title: '4 new failures in billing', body: 'The a\nThe b\nThe c' });
    expect(newsText({ ...noNews, failures: [failure('a')], input: [run('r')], link: 'away' })).toEqual({
      title: 'Not connected to the relay',
      body: '1 new failure\n1 execution waits for input\nThe a\nr',
    });
    language.override('zh-CN');
    expect(newsText({ ...noNews, failures }).title).toBe('billing 新增 4 次失败');
  });

  it('leads to the single task or execution, or to all', () => {
    expect(newsPlace({ ...noNews, failures })).toEqual({ view: 'overview', execution: null, task: null, project: 'billing' });
    expect(newsPlace({ ...noNews, failures: [failure('a')] })).toMatchObject({ view: 'overview', task: 'a' });
    expect(newsPlace({ ...noNews, input: [run('r')] })).toMatchObject({ view: 'executions', execution: 'r' });
    expect(newsPlace({ ...noNews, link: 'away' })).toMatchObject({ view: 'overview', project: null });
  });
});

describe('the notifier', () => {
  let time = 0;
  let timers: { due: number; callback: () => void }[] = [];
  const shown: News[] = [];
  let gone: () => void = () => undefined;
  let isAllowed = true;
  const create = () => {
    [time, timers] = [now, []];
    shown.length = 0;
    isAllowed = true;
    return new Notifier({
      show: (news, onGone) => {
        shown.push(news);
        gone = onGone;
        return Promise.resolve(isAllowed);
      },
      now: () => time,
      setTimer: (callback, ms) => timers[timers.push({ due: time + ms, callback }) - 1],
      clearTimer: (timer) => (timers = timers.filter((one) => one !== timer)),
    });
  };
  const advance = (ms: number) => {
    time += ms;
    for (const { due, callback } of [...timers]) if (due <= time) callback();
  };
  const of = (...ids: string[]): News => ({ ...noNews, failures: ids.map((id) => failure(id)) });

  it('shows at most one notification in ten seconds, which replaces the one before with its news', () => {
    const notifier = create();
    notifier.add(noNews);
    notifier.add(of('a'));
    notifier.add(of('b'));
    notifier.add(of('c'));
    expect(shown).toEqual([of('a')]);
    advance(9_999);
    expect(shown).toHaveLength(1);
    advance(1);
    expect(shown).toEqual([of('a'), of('a', 'b', 'c')]);
    gone();
    advance(60_000);
    notifier.add(of('d'));
    expect(shown[2]).toEqual(of('d'));
  });

  it('repeats what the browser has not shown in the next one, except an outage, and not after it was cleared', async () => {
    const notifier = create();
    isAllowed = false;
    notifier.add({ ...of('a'), link: 'away' });
    await Promise.resolve();
    notifier.add(of('b'));
    advance(60_000);
    await Promise.resolve();
    notifier.clear();
    isAllowed = true;
    advance(60_000);
    notifier.add(of('c'));
    expect(shown).toEqual([{ ...of('a'), link: 'away' }, of('a', 'b'), of('c')]);
  });

  it('tries again what the browser has not shown, although there is nothing new', async () => {
    const notifier = create();
    isAllowed = false;
    notifier.add(of('a'));
    await Promise.resolve();
    isAllowed = true;
    advance(9000);
    expect(shown).toEqual([of('a')]);
    advance(2000);
    await Promise.resolve();
    advance(60_000);
    expect(shown).toEqual([of('a'), of('a')]);
  });

  it('shows nothing after it was cleared', () => {
    const notifier = create();
    notifier.add(of('a'));
    notifier.add(of('b'));
    notifier.clear();
    advance(60_000);
    expect(shown).toHaveLength(1);
  });

  it('keeps a limited number of items', () => {
    const many = Array.from({ length: 900 }, (_, index) => String(index));
    expect(mergeNews(of(...many), of(...many)).failures).toHaveLength(1000);
  });
});

describe('stored settings', () => {
  it('that are missing or invalid have their defaults', () => {
    for (const text of [null, '{', '7', 'null', '{"isOn":1,"kinds":"all","projects":7}'])
      expect(parseSettings(text)).toEqual({ isOn: false, kinds: ['failures', 'input', 'link', 'silent'], projects: null, hasSound: false });
    expect(parseSettings('{"isOn":true,"kinds":["input","other"],"projects":["p",7],"hasSound":true}')).toEqual({
      isOn: true,
      kinds: ['input'],
      projects: ['p'],
      hasSound: true,
    });
  });
});
