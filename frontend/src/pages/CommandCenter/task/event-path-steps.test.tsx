// @vitest-environment happy-dom
import { cleanup, render } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { EventPathSteps } from './event-path-steps';

afterEach(cleanup);

test('an event shown before it was received is within clock error', () => {
  const formatValue = (shown: number) =>
    render(<EventPathSteps path={{ name: 'task:created', publisher: undefined, published: 0, relayed: 1000, shown }} />).container
      .textContent;
  expect(formatValue(938)).toContain('within clock error');
  expect(formatValue(1062)).toContain('62 ms later');
});
