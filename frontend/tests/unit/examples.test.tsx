// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import type { ComponentType } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createApp, nextTick } from 'vue';
import Commands from '../../examples/commands';
import SharedTasks from '../../examples/shared-worker';
import ExecutionStatusPanel from '../../examples/cecelia';
import ExecutionPage from '../../examples/execution.vue';
import ExecutionComponent from '../../examples/execution-component.vue';
import TaskBoard from '../../examples/tasktree';
import Session from '../../examples/workflow';
import SessionText from '../../examples/workflow-routes';
import { FakeServer } from '../fakes/fake-socket';
import { created, task } from '../fakes/made-messages';

// The examples of the README, unchanged, against a server that the test controls.

let server: FakeServer;

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  server = new FakeServer();
  vi.stubGlobal('WebSocket', server.WebSocket);
});
afterEach(async () => {
  cleanup();
  await vi.advanceTimersByTimeAsync(2000); // Unused connections are closed.
  expect(server.openSockets).toEqual([]);
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function settle(): Promise<void> {
  await act(() => vi.advanceTimersByTimeAsync(100));
}

/** Renders the example, connected and with the current state. */
async function open(Example: ComponentType, state: object = {}): Promise<void> {
  render(<Example />);
  await settle();
  server.last.hello({ commands: ['user_input'] });
  server.last.snapshot('p1', state);
  await settle();
  expect(server.openSockets).toHaveLength(1);
}

async function happens(event: string, data: Readonly<Record<string, unknown>>): Promise<void> {
  server.last.event(event, data, `id-${Math.random()}`);
  await settle();
}

const text = () => document.body.textContent;

test('Cecelia: tasks and slots as they change', async () => {
  await open(ExecutionStatusPanel, { tasks: [task('t1', { status: 'running', progress: 10, data: { title: 'Write' } })] });
  await happens('executor:status', { activeCount: 1, availableSlots: 4 });
  await happens('task:progress', { taskId: 't1', progress: 60 });

  expect(text()).toContain('1 running, 4 slots free');
  expect(screen.getByRole('listitem').textContent).toContain('Write: running');
  expect(screen.getByRole<HTMLProgressElement>('progressbar').value).toBe(60);
});

test('TaskTree: tasks are refetched when they change, and commands have its shape', async () => {
  const fetched: string[] = [];
  let status = 'todo';
  vi.stubGlobal('fetch', (address: string) => {
    fetched.push(address);
    return Promise.resolve(Response.json({ tasks: [task('7', { status })] }));
  });
  await open(TaskBoard);
  expect(text()).toContain('7: todo');
  status = 'doing';
  await happens('task_updated', { id: 7, project_id: 'p1' });
  await act(() => vi.advanceTimersByTimeAsync(400));
  expect(text()).toContain('Live');
  expect(text()).toContain('7: doing');
  fireEvent.click(screen.getByRole('button', { name: 'Done' }));
  await settle();

  expect(new Set(fetched)).toEqual(new Set(['/api/v1/state?project=p1']));
  expect(server.last.sent).toMatchObject([{ type: 'task_updated', project_id: 'p1', data: { id: '7', status: 'completed' } }]);
  server.last.receive({
    event: 'relay:ack',
    data: { id: 'c', ref: server.last.sent[0]?.ref, receivers: 1 },
    timestamp: '2026-11-21T08:00:00Z',
  });
});

test.each([
  ['the composable', ExecutionPage],
  ['the component', ExecutionComponent],
])('Execution: an execution with %s', async (_, Example) => {
  const place = document.createElement('div');
  const app = createApp(Example, { executionId: 'e1' });
  app.mount(place);
  await settle();
  expect(server.last.address.searchParams.get('execution')).toBe('e1');
  server.last.hello();
  server.last.snapshot('p1', { executions: [{ ...task('e1'), status: 'running', progress: 40 }] });
  await settle();
  expect(place.textContent).toMatch(/Status: running.*Progress: 40%/s);
  await happens('status', { execution_id: 'e1', status: 'failed', error: 'no model' });
  await nextTick();

  expect(place.textContent).toMatch(/Status: failed.*Error: *no model/s);
  app.unmount();
});

test('Workflow: a session with its stores, and commands', async () => {
  await open(Session);
  for (const token of ['One', ' two', ' three']) server.last.event('token_stream', { token });
  server.last.event('node_state_change', { node_id: 'n1', status: 'running' });
  await happens('execution:paused', {});
  await happens('task:created', { taskId: 't1' });
  fireEvent.click(screen.getByRole('button', { name: 'Start' }));

  expect(text()).toContain('connected');
  expect(text()).toContain('One two three');
  expect(text()).toContain('n1: running');
  expect(text()).toContain('paused');
  expect(server.last.sent).toMatchObject([{ cmd: 'start_session', data: { workflow: 'conversation' } }]);
});

test('Workflow: a session with its own routes', async () => {
  const debug = vi.spyOn(console, 'debug').mockReturnValue();
  await open(SessionText);
  for (const token of ['One', ' two', ' three']) server.last.event('token_stream', { token });
  await happens('execution:paused', {});
  await happens('task:created', { taskId: 't1' });

  expect(text()).toBe('One two three');
  expect(screen.getByTitle('paused')).toBeTruthy();
  expect(debug).toHaveBeenCalledWith('not an event of a session:', 'task:created');
});

test('commands: acknowledgement, reply and refusal', async () => {
  await open(Commands);
  fireEvent.click(screen.getByRole('button', { name: 'Ask' }));
  await settle();
  const [sent] = server.last.sent;
  expect(sent).toMatchObject({ cmd: 'user_input', data: { text: 'Continue?' } });
  server.last.receive({ event: 'relay:ack', data: { id: 'c1', ref: sent?.ref, receivers: 1 }, timestamp: '2026-11-21T08:00:00Z' });
  server.last.receive({ event: 'answered', data: { text: 'yes' }, reply_to: 'c1', timestamp: '2026-11-21T08:00:00Z' });
  await settle();
  expect(text()).toContain('Published as c1 to 1 subscribers');
  expect(text()).toContain('Reply answered: {"text":"yes"}');
  fireEvent.click(screen.getByRole('button', { name: 'Ask' }));
  await settle();
  server.last.receive({
    event: 'relay:error',
    data: { reason: 'no_receiver', message: 'No Brain', ref: server.last.sent[1]?.ref },
    timestamp: '2026-11-21T08:00:00Z',
  });
  await settle();

  expect(text()).toContain('no_receiver: No Brain');
});

test('without shared workers a page has its own connection', async () => {
  await open(SharedTasks, { tasks: [task('t1')] });
  const { event, data } = created('t2');
  await happens(event, data);

  expect(text()).toContain('2 tasks, live');
});

test('the five lines', async () => {
  const log = vi.spyOn(console, 'log').mockReturnValue();
  await import('../../examples/start');
  await settle();
  server.last.hello();
  server.last.snapshot('p1');
  await happens('task:progress', { taskId: 't1', progress: 30 });

  expect(log.mock.calls).toEqual([['connecting'], ['catching-up'], ['live'], ['t1', 30]]);
  server.last.cut(1008);
});
