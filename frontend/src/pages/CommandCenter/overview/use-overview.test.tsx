// @vitest-environment happy-dom
import { cleanup, renderHook } from '@testing-library/react';
import { RelayProvider } from 'cecelia-client/react';
import type { ReactNode } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { live } from '../../../../tests/fakes/fake-connection';
import { LiveStateFixture } from '../../../../tests/fakes/live-state-fixture';
import { hello, snapshot, task } from '../../../../tests/fakes/made-messages';
import { ColumnsContext } from '../board/use-task-columns';
import { TaskColumns } from '../board/task-columns';
import { useOverviewStore } from './use-overview';

const frames: (() => void)[] = [];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] });
  vi.stubGlobal('requestAnimationFrame', (callback: () => void) => frames.push(callback));
});
afterEach(() => {
  cleanup();
  frames.length = 0;
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** The store of a page without the overview, whose connection is live and has no state yet. */
function storeOfPage() {
  const fixture = new LiveStateFixture();
  const view = fixture.viewOf();
  const columns = new TaskColumns(view);
  fixture.connection.changeState(live);
  const wrapper = ({ children }: { readonly children: ReactNode }) => (
    <RelayProvider connection={fixture.connection} view={view}>
      <ColumnsContext value={columns}>{children}</ColumnsContext>
    </RelayProvider>
  );
  const store = renderHook(() => useOverviewStore(null), { wrapper }).result.current;
  const receiveState = () => {
    fixture.connection.receive(hello(), snapshot({ tasks: [task('t1', { status: 'running' })] }));
    view.flush();
  };
  return { store, receiveState };
}

test('for what is not the view, the first state is computed after the next frame', () => {
  const { store, receiveState } = storeOfPage();
  store.subscribeSlowly(() => undefined);
  vi.advanceTimersByTime(0);
  receiveState();
  expect(store.get().hasState).toBe(false);
  for (const run of frames.splice(0)) run();
  vi.advanceTimersByTime(1);
  expect(store.get()).toMatchObject({ hasState: true, counts: { running: 1 } });
});

test('an unused store computes nothing, even if its last listener left before the frame', () => {
  const { store, receiveState } = storeOfPage();
  const stop = store.subscribeSlowly(() => undefined);
  vi.advanceTimersByTime(0);
  receiveState();
  stop();
  const left = store.get();
  for (const run of frames.splice(0)) run();
  vi.advanceTimersByTime(5000);
  expect(store.get()).toBe(left);

  const stopItself = store.subscribeSlowly(() => stopItself());
  vi.advanceTimersByTime(0);
  const last = store.get();
  vi.advanceTimersByTime(5000);
  expect(store.get()).toBe(last);
});
