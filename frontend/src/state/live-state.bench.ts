import { bench, describe } from 'vitest';
import type { InboundMessage } from '../services/relay-connection';
import { LiveState } from './live-state';
import { FakeConnection } from '../../tests/fakes/fake-connection';

// npx vitest bench src/state. A frame of 1/60 s at 2,000 events a second has 33 of them.

const perFrame = 33;
const tasks = 2000;

function pageWith(count: number) {
  const connection = new FakeConnection();
  let frame: () => void = () => undefined;
  const view = new LiveState(connection, { schedule: (callback) => ((frame = callback), () => undefined) });
  for (let i = 0; i < count; i++) connection.receive(taskEvent('task:created', i, 0));
  view.flush();
  return { connection, view, frame: () => frame() };
}

function taskEvent(event: 'task:created' | 'task:progress', task: number, progress: number): InboundMessage {
  const data = { taskId: `t${task}`, status: 'running' as const, progress, title: 'Summarize what the others found', agent_id: 'a1' };
  return { event, data, timestamp: new Date().toISOString(), project_id: 'p1', id: '0123456789abcdef-0123456789a' };
}

describe('a frame of 33 events', () => {
  const board = pageWith(tasks);
  let number = 0;
  bench('progress of 2,000 tasks, and the list of all of them', () => {
    for (let i = 0; i < perFrame; i++, number++) board.connection.receive(taskEvent('task:progress', number % tasks, number % 101));
    board.frame();
    Array.from(board.view.sections.tasks.values());
  });

  const run = pageWith(0);
  bench('tokens of one node', () => {
    for (let i = 0; i < perFrame; i++)
      run.connection.receive({
        event: 'token_stream',
        data: { token: 'token ', execution_id: 'e1' },
        node_id: 'n1',
        timestamp: new Date().toISOString(),
      });
    run.frame();
    run.view.text('e1', 'n1').charCodeAt(0);
  });
});
