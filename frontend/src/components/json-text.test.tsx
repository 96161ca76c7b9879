// @vitest-environment happy-dom
import { cleanup, render } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { JsonText } from './json-text';

afterEach(cleanup);

test('JSON with a number that may have been rounded says so', () => {
  const textOf = (value: unknown) => render(<JsonText value={value} label="the data" />).container.textContent;
  expect(textOf({ id: [2 ** 53] })).toContain('Numbers above 2^53 may be rounded.');
  expect(textOf({ id: [2 ** 53 - 1, 0.1] })).not.toContain('rounded');
});
