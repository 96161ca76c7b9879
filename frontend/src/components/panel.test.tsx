// @vitest-environment happy-dom
import { cleanup, render } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { Panel } from './panel';

afterEach(cleanup);

test('an error in a panel does not affect other panels', () => {
  vi.spyOn(console, 'error').mockReturnValue(undefined); // React logs errors that a boundary catches.
  const Broken = () => {
    throw new Error('no layout');
  };
  const { container } = render(
    <>
      <Panel title="Graph">
        <Broken />
      </Panel>
      <Panel title="Output">
        <p>word1 word2</p>
      </Panel>
    </>,
  );
  expect(container.textContent).toContain('Graph could not be displayed');
  expect(container.textContent).toContain('Error: no layout');
  expect(container.textContent).toContain('word1 word2');
});
