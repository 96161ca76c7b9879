// @vitest-environment happy-dom
import { cleanup, render } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { PathOfEvent } from './path-of-event';

afterEach(cleanup);

test('an event shown before it was received is within clock error', () => {
  const textOf = (shown: number) =>
    render(<PathOfEvent path={{ name: 'task:created', publisher: undefined, published: 0, relayed: 1000, shown }} />).container.textContent;
  expect(textOf(938)).toContain('within clock error');
  expect(textOf(1062)).toContain('62 ms later');
});
