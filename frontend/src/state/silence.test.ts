import { beforeEach, expect, test } from 'vitest';
import { live } from '../../tests/fakes/fake-connection';
import { LiveStateFixture } from '../../tests/fakes/live-state-fixture';
import { at, gap, hello, progress, snapshot, task } from '../../tests/fakes/made-messages';
import type { InboundMessage } from '../services/relay-connection';
import type { LiveState } from './live-state';

let fixture: LiveStateFixture;
let view: LiveState;

const second = (number: number) => Date.parse(at(number));

function receive(now: number, ...messages: readonly InboundMessage[]): void {
  fixture.now = second(now);
  fixture.connection.receive(...messages);
  fixture.frame();
}

/** Work is silent after 100 s. The connection is live, and the state has a running task and a running execution. */
beforeEach(() => {
  fixture = new LiveStateFixture();
  view = fixture.viewOf();
  fixture.connection.changeState(live);
  const running = { status: 'running', timestamp: at(0), received: at(0) };
  receive(
    0,
    hello({ silentAfterMs: 100_000 }),
    snapshot({
      tasks: [task('t1', { ...running, silent_since: at(0) }), task('t2', { ...running, status: 'queued' })],
      executions: [{ id: 'e1', ...running }],
      nodes: [
        { id: 'n1', execution_id: 'e1', ...running, received: at(30) },
        { id: 'n2', execution_id: 'e1', ...running, received: at(20) },
      ],
    }),
  );
});

const tasksAt = (now: number) => {
  fixture.now = second(now);
  return [view.silentSince('tasks', 't1'), view.silentSince('tasks', 't2')];
};
const executionAt = (now: number) => {
  fixture.now = second(now);
  return view.silentSince('executions', 'e1');
};

test('a running task is silent when its last event is long enough ago, and others are not', () => {
  expect(tasksAt(99)).toEqual([null, null]);
  expect(tasksAt(100)).toEqual([second(0), null]);
  expect(view.silentSince('tasks', 'unknown')).toBeNull();
});

test('an event ends the silence', () => {
  receive(150, progress('t1', 5, 150));
  expect(tasksAt(200)).toEqual([null, null]);
  expect(tasksAt(250)).toEqual([second(150), null]);
});

test('an event about a part of an execution is one of the execution', () => {
  expect(executionAt(129)).toBeNull();
  expect(executionAt(130)).toBe(second(30));
  receive(140, { event: 'token_stream', data: { token: 'x' }, timestamp: at(140), execution_id: 'e1', node_id: 'n2' });
  expect(executionAt(239)).toBeNull();
  expect(executionAt(240)).toBe(second(140));
  receive(250, { event: 'log', data: { message: 'x' }, timestamp: at(250), execution_id: 'e1' });
  expect(executionAt(250)).toBe(second(140));
});

test('silence is unknown while the connection is not live, and after a gap', () => {
  fixture.connection.changeState({ status: 'degraded', asOf: null, reason: 'Redis is down', attempts: 0, lastConnected: 0 });
  expect(tasksAt(200)).toEqual([null, null]);
  fixture.connection.changeState(live);
  expect(tasksAt(200)[0]).not.toBeNull();
  receive(200, gap(3, 'publisher_gap'));
  expect(tasksAt(200)).toEqual([null, null]);
});

test('a relay that does not say after which time has no silent work', () => {
  receive(10, hello());
  expect(tasksAt(10_000)).toEqual([null, null]);
});

test('the field of the snapshot is not kept, since it changes with time', () => {
  expect(view.sections.tasks.get('t1')).not.toHaveProperty('silent_since');
});
