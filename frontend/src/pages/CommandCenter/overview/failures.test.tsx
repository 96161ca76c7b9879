// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { useRoute } from '../../../features/navigation/route';
import { type Failure, groupFailures } from './failure-groups';
import { Failures } from './failures';

const at = Date.parse('2026-02-06T08:30:00Z');
const errors = ['No disk', 'No memory', 'No network', 'No quota', 'No answer', 'No money', 'No room', ''];
const failures = errors.map((error, index): Failure => ({
  kind: 'task',
  id: `t${index}`,
  title: `The t${index}`,
  project: undefined,
  error,
  at: at - index * 1000,
}));

/** Goes to an address as a link, or the way back, does. */
function go(hash: string): void {
  act(() => {
    location.hash = hash;
    dispatchEvent(new Event('hashchange'));
  });
}

function Page() {
  return <Failures failures={groupFailures(failures, at)} notHeld={0} hasState at={at} route={useRoute()} />;
}

const openGroups = () => [...document.querySelectorAll('details[open] summary span[translate]')].map(({ textContent }) => textContent);
const address = () => {
  act(() => void vi.advanceTimersByTime(300));
  return location.hash;
};

beforeEach(() => {
  vi.useFakeTimers({ now: at });
  go('#/');
  render(<Page />);
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

test('the open group is in the address: of a link, on the way back, and as it was chosen', () => {
  go('#/?failure=No+quota');
  expect(openGroups()).toEqual(['No quota']);
  screen.getByRole('link', { name: /The t3/ });
  go('#/');
  expect(openGroups()).toEqual([]);
  fireEvent.click(screen.getByText('No disk'));
  expect(address()).toBe('#/?failure=No+disk');
  fireEvent.click(screen.getByText('No memory'));
  expect(openGroups()).toEqual(['No memory']);
  expect(address()).toBe('#/?failure=No+memory');
  fireEvent.click(screen.getByText('No memory'));
  expect(openGroups()).toEqual([]);
  expect(address()).toBe('#/');
  go('#/?failure=other');
  expect(openGroups()).toEqual([]);
});

test('a link to a group that is folded on a phone unfolds it, and one without a message has a name too', () => {
  go('#/?failure=-');
  expect(openGroups()).toEqual(['No error message']);
  fireEvent.click(screen.getByRole('button', { name: /fewer/i }));
  expect(openGroups()).toEqual([]);
  expect(address()).toBe('#/');
});
