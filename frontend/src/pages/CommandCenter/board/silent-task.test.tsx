// @vitest-environment happy-dom
import { act, cleanup, render, screen } from '@testing-library/react';
import { RelayProvider } from 'cecelia-client/react';
import { viewOf } from 'cecelia-client/state';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeConnection, live } from '../../../../tests/fakes/fake-connection';
import { hello, progress, snapshot, task } from '../../../../tests/fakes/made-messages';
import { formatClock } from '../../../format/format-time';
import { TaskCard } from './task-card';
import type { Route } from '../../../features/navigation/route';
import { SilentBadge } from '../../../features/silence/silent-badge';

const route: Route = {
  view: 'board',
  execution: null,
  task: null,
  project: null,
  at: null,
  lang: null,
  wall: false,
  shown: { path: 'board', values: {} },
};
const start = Date.parse('2026-02-06T08:30:00Z');
const iso = (ms: number) => new Date(ms).toISOString();
let connection: FakeConnection;

beforeEach(() => {
  vi.useFakeTimers({ now: start });
  connection = new FakeConnection();
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

test('a running task is marked when it becomes silent, until its next event', () => {
  const entity = task('t1', { status: 'running', timestamp: iso(start), received: iso(start), progress: 42 });
  const { view } = viewOf(connection);
  const Page = () => (
    <RelayProvider connection={connection}>
      <TaskCard task={view.sections.tasks.get('t1') ?? entity} route={route} />
      <aside>
        <SilentBadge section="tasks" id="t1" />
      </aside>
    </RelayProvider>
  );
  const { rerender } = render(<Page />);
  act(() => {
    connection.receive(hello({ silentAfterMs: 600_000 }, iso(start)), snapshot({ tasks: [entity] }));
    connection.changeState(live);
    view.flush();
  });
  act(() => void vi.advanceTimersByTime(599_000));
  expect(screen.queryByText(/silent/)).toBeNull();
  act(() => void vi.advanceTimersByTime(2000));

  const text = `silent since ${formatClock(start).slice(0, 5)}`;
  expect(screen.getAllByText(text)).toHaveLength(2);
  expect(screen.getByText('42%')).toBeDefined();

  // While the connection is lost, it is not known whether there are events.
  act(() => connection.changeState({ status: 'catching-up', why: 'first', attempts: 0, lastConnected: null }));
  expect(screen.queryByText(text)).toBeNull();
  act(() => connection.changeState(live));
  expect(screen.getAllByText(text)).toHaveLength(2);

  act(() => {
    connection.receive({ ...progress('t1', 50), timestamp: iso(Date.now()) });
    view.flush();
  });
  rerender(<Page />);
  expect(screen.queryByText(text)).toBeNull();
});
