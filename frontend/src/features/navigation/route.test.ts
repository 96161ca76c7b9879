// @vitest-environment happy-dom
import { act, cleanup, renderHook, type RenderHookResult } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { addressOf, followLink, navigate, routeHref, startRoute, takeParameter, useRoute, useShown, wallAddress } from './route';
import { language } from '../../i18n/preferences';

const read = () => ({ route: useRoute(), search: useShown('search') });
let page: RenderHookResult<ReturnType<typeof read>, unknown>['result'];

/** Goes to an address as a link does. */
function go(hash: string): void {
  act(() => {
    location.hash = hash;
    dispatchEvent(new Event('hashchange'));
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  go('#/');
  page = renderHook(read).result;
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  language.override(null);
});

test('what a view shows is in the address, is read from it, and is not part of links to other views', () => {
  go('#/feed?search=abc&project=p1');
  expect(page.current.search[0]).toBe('abc');
  expect(routeHref(page.current.route)).toBe('#/feed?search=abc&project=p1');
  expect(routeHref({ ...page.current.route, task: 't1' })).toBe('#/feed?search=abc&project=p1&task=t1');
  expect(routeHref({ ...page.current.route, view: 'board' })).toBe('#/board?project=p1');
  expect(routeHref({ ...page.current.route, view: 'overview' })).toBe('#/?project=p1');
});

test('typing changes the value at once and the address a moment later, without entries in the history', () => {
  go('#/feed');
  const entries = history.length;
  act(() => page.current.search[1]('a'));
  act(() => page.current.search[1]('ab'));
  expect(page.current.search[0]).toBe('ab');
  expect(location.hash).toBe('#/feed');
  act(() => void vi.advanceTimersByTime(300));
  expect(location.hash).toBe('#/feed?search=ab');
  expect(history.length).toBe(entries);
  act(() => page.current.search[1](''));
  act(() => void vi.advanceTimersByTime(300));
  expect(location.hash).toBe('#/feed');
});

test('a link that is followed right after typing keeps what was typed in the entry before', () => {
  go('#/feed');
  act(() => page.current.search[1]('abc'));
  act(() => navigate({ view: 'board' }));
  expect(location.hash).toBe('#/board');
  go('#/board');
  expect(page.current.search[0]).toBe('');
});

test('a link that is followed is not overwritten by what was typed before, even if the browser has not reported it yet', () => {
  go('#/feed');
  act(() => page.current.search[1]('abc'));
  location.hash = '#/board';
  act(() => void vi.advanceTimersByTime(300));
  expect(location.hash).toBe('#/board');
  act(() => void dispatchEvent(new Event('hashchange')));
  expect(page.current.route.view).toBe('board');
});

test('what is typed right after a link is kept when the browser reports the link', () => {
  go('#/board');
  act(() => navigate({ view: 'feed' }));
  act(() => page.current.search[1]('abc'));
  act(() => void dispatchEvent(new Event('hashchange')));
  expect(page.current.search[0]).toBe('abc');
  act(() => void vi.advanceTimersByTime(300));
  expect(location.hash).toBe('#/feed?search=abc');
});

test('the page shows another place at once, before the browser reports it', () => {
  go('#/board');
  addEventListener('hashchange', (event) => event.stopImmediatePropagation(), { capture: true, once: true });
  act(() => navigate({ view: 'feed' }));
  expect(page.current.route.view).toBe('feed');
});

test('an address with too many or too long values is cut', () => {
  const many = Array.from({ length: 50 }, (_, index) => `v${index}=x`).join('&');
  go(`#/feed?search=${'a'.repeat(501)}&${many}`);
  expect(page.current.search[0]).toBe('');
  expect(Object.keys(page.current.route.shown.values)).toHaveLength(20);
});

test('a value may have a question mark', () => {
  go('#/feed?search=why?&event=log');
  expect(page.current.search[0]).toBe('why?');
  expect(page.current.route.shown.values).toMatchObject({ event: 'log' });
});

test('the language of the address is used, without being stored, until the address has none', () => {
  const before = language.get();
  startRoute();
  go('#/feed?lang=zh-CN');
  expect(language.get()).toBe('zh-CN');
  expect(page.current.route.lang).toBe('zh-CN');
  expect(localStorage.getItem('cecelia.language')).toBeNull();
  go('#/feed');
  expect(language.get()).toBe(before);
});

test('a wall is a parameter of the page, in the fragment or before it', () => {
  go('#/?wall&rotate=5&project=p1');
  expect(page.current.route).toMatchObject({ wall: true, project: 'p1', shown: { values: { rotate: '5' } } });
  expect(routeHref(page.current.route)).toBe('#/?wall&rotate=5&project=p1');
  history.replaceState(null, '', '/?wall&rotate=1&token=secret#/?project=p2');
  startRoute();
  expect(location.search).toBe('');
  expect(location.hash).toBe('#/?wall=&rotate=1&project=p2');
});

test('the address of a wall has the project and the language, and nothing of the view', () => {
  go('#/feed?search=abc&project=p1');
  expect(wallAddress('p1')).toMatch(/#\/\?wall&project=p1&lang=(?:en|zh-CN)$/);
  expect(wallAddress(null)).toMatch(/#\/\?wall&lang=/);
});

test('a parameter that is taken out of the address is no longer in it', () => {
  go('#/?wall&token=a.b.c&project=p1');
  expect(takeParameter('token')).toBe('a.b.c');
  expect(location.hash).toBe('#/?wall=&project=p1');
  expect(takeParameter('token')).toBeNull();
});

test('the address of a place has nothing else of the page but its language, and is followed', () => {
  go('#/feed?search=abc&project=p1&at=x&lang=en&wall');
  const href = addressOf({ view: 'executions', execution: 'e 1', project: 'p2' });
  expect(href).toMatch(/#\/executions\/e%201\?project=p2&lang=en$/);
  followLink(href);
  expect(location.hash).toBe('#/executions/e%201?project=p2&lang=en');
});
