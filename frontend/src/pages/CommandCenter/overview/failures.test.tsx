// @vitest-environment happy-dom
import { act, cleanup, render } from '@testing-library/react';
import { RelayProvider } from 'cecelia-client/react';
import { viewOf } from 'cecelia-client/state';
import { afterEach, expect, test, vi } from 'vitest';
import { FakeConnection } from '../../../../tests/fakes/fake-connection';
import { created } from '../../../../tests/fakes/made-messages';
import { TaskColumns } from '../board/task-columns';
import { ColumnsContext, useSharedColumns } from '../board/use-task-columns';
import { Failures } from './failures';

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

/** A panel that counts failed tasks. */
function Tile() {
  return <p id="tile">{useSharedColumns().column('failed').total}</p>;
}

test('the failure count equals that of other panels while the list is throttled', () => {
  vi.useFakeTimers();
  const connection = new FakeConnection();
  const { view } = viewOf(connection);
  const { container } = render(
    <RelayProvider connection={connection}>
      <ColumnsContext value={new TaskColumns(view)}>
        <Tile />
        <Failures />
      </ColumnsContext>
    </RelayProvider>,
  );
  const counts = () => [container.querySelector('#tile')?.textContent, container.querySelector('header span')?.textContent];
  const fail = (id: string) =>
    act(() => {
      connection.receive({ ...created(id), event: 'task:failed' as const });
      view.flush();
    });
  fail('t1');
  fail('t2');
  expect(counts()).toEqual(['2', '2']);
  act(() => void vi.advanceTimersByTime(300));
  expect(container.querySelectorAll('li')).toHaveLength(2);
});
