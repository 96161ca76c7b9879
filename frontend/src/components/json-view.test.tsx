// @vitest-environment happy-dom
import { cleanup, render } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { JsonView } from './json-view';

afterEach(cleanup);

test('JSON with a number above 2^53 has a rounding note', () => {
  const formatValue = (value: unknown) => render(<JsonView value={value} label="the data" />).container.textContent;
  expect(formatValue({ id: [2 ** 53] })).toContain('Numbers above 2^53 may be rounded.');
  expect(formatValue({ id: [2 ** 53 - 1, 0.1] })).not.toContain('rounded');
});
