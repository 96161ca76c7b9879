// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from 'vitest';
import { language } from '../../i18n/preferences';
import { iconSource, showIcon } from './page-icon';
import { outageOf, pageMarks, type PageMarks } from './page-marks';
import { markedTitle, pageTitle } from './page-title';
import type { Part, Situation, Tone } from './situation';
import { failureKey, UnseenFailures } from './unseen-failures';

const now = Date.parse('2026-11-29T12:00:20Z');
const minute = 60_000;

const situation = (tone: Tone, ...parts: readonly Part[]): Situation => ({ tone, parts, detail: null });
const well = situation('good', { kind: 'well' });
const away = situation('bad', { kind: 'away', since: now - 20_000 }, { kind: 'failures', count: 1, since: now, projects: [], others: 1 });
const failures = situation('bad', { kind: 'failures', count: 3, since: now - minute, projects: [], others: 3 });
const silent = situation('notice', { kind: 'silent-tasks', count: 2 });

afterEach(() => language.override(null));

describe('page marks', () => {
  it.each([
    ['nothing while all is well', well, 0, { outage: null, unseen: 0, color: 'none' }],
    ['red for failures', failures, 0, { outage: null, unseen: 0, color: 'red' }],
    ['red for unseen failures that are no longer new', well, 2, { outage: null, unseen: 2, color: 'red' }],
    ['amber for other problems', silent, 0, { outage: null, unseen: 0, color: 'amber' }],
    ['grey without the relay, whatever failed', away, 1, { outage: { kind: 'away', since: now - 20_000 }, unseen: 1, color: 'grey' }],
    [
      'amber for a relay that may be missing events',
      situation('bad', { kind: 'degraded', since: null }),
      0,
      { outage: { kind: 'degraded', since: null }, unseen: 0, color: 'amber' },
    ],
    ['nothing while the state is loaded', situation('unknown', { kind: 'loading' }), 0, { outage: null, unseen: 0, color: 'none' }],
  ] as const)('are %s', (_, given, unseen, expected) => {
    expect(pageMarks(given, unseen)).toEqual(expected);
  });

  it('have no outage without one', () => {
    expect(outageOf(failures)).toBeNull();
  });
});

describe('the title', () => {
  const titleOf = (given: Situation, unseen: number) => markedTitle('Overview', pageMarks(given, unseen), now);

  it('says outage, age and count', () => {
    expect(titleOf(well, 0)).toBe('Overview');
    expect(titleOf(failures, 3)).toBe('(3) Overview');
    expect(titleOf(away, 0)).toBe('● Offline 20 s · Overview');
    expect(titleOf(away, 1200)).toBe('● Offline 20 s · (1,200) Overview');
    expect(titleOf(situation('bad', { kind: 'degraded', since: null }), 0)).toBe('● Incomplete · Overview');
    language.override('zh-CN');
    expect(titleOf(away, 3)).toBe('● 离线 20 秒 · (3) Overview');
  });

  it('keeps its marks when the view changes, and loses them', () => {
    pageTitle.set('Board');
    pageTitle.mark((title) => `(1) ${title}`);
    expect(document.title).toBe('(1) Board');
    pageTitle.set('Feed');
    expect(document.title).toBe('(1) Feed');
    pageTitle.mark();
    expect(document.title).toBe('Feed');
  });
});

describe('the icon', () => {
  const marks = (color: PageMarks['color'], unseen = 0): PageMarks => ({ outage: null, unseen, color });

  it('shows the number of unseen failures, at most 99', () => {
    expect(iconSource(marks('red', 7))).toContain('>7</text>');
    expect(iconSource(marks('red', 100))).toContain('>99+</text>');
    expect(iconSource(marks('red'))).not.toContain('text');
  });

  it('replaces the usual icon, and is changed only if it is another', () => {
    document.head.innerHTML = '<link rel="icon" href="./icon.svg">';
    const link = document.querySelector('link');
    showIcon(marks('none'));
    const usual = link?.href;
    expect(usual).toMatch(/icon\.svg$/);
    showIcon(marks('amber'));
    expect(decodeURIComponent(link?.href ?? '')).toContain('fill="#b45309"');
    showIcon(null);
    expect(link?.href).toBe(usual);
  });
});

describe('unseen failures', () => {
  const failed = (...ids: readonly string[]) => ids.map((id) => ({ kind: 'task', id, at: now }));

  it('are those since the page was last visible', () => {
    const unseen = new UnseenFailures();
    expect(unseen.count(failed('a', 'b'), true)).toBe(0);
    expect(unseen.count(failed('a', 'b', 'c', 'd'), false)).toBe(2);
    expect(unseen.count(failed('a', 'b', 'c', 'd', 'e'), false)).toBe(3);
    expect(unseen.count(failed('a', 'b', 'c', 'd', 'e'), true)).toBe(0);
    expect(unseen.count(failed('e', 'f'), false)).toBe(1);
  });

  it('are not those of a page that was opened hidden, before its state was received', () => {
    const unseen = new UnseenFailures();
    expect(unseen.count(null, false)).toBe(0);
    expect(unseen.count(failed('a', 'b'), false)).toBe(0);
    expect(unseen.count(failed('a', 'b', 'c'), false)).toBe(1);
  });

  it('are distinguished by their time, too', () => {
    expect(failureKey({ kind: 'task', id: 'a', at: 1 })).not.toBe(failureKey({ kind: 'task', id: 'a', at: 2 }));
  });
});
