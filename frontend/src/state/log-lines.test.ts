import { beforeEach, expect, test, vi } from 'vitest';
import { FakeConnection } from '../../tests/fakes/fake-connection';
import { at, created } from '../../tests/fakes/made-messages';
import type { LogEvent } from '../types/messages';
import { type LogFilter, LogLines } from './log-lines';

let connection: FakeConnection;
let frames: (() => void)[];

beforeEach(() => {
  connection = new FakeConnection();
  frames = [];
});

function linesOf(filter: LogFilter = {}, limit = 10): LogLines {
  return new LogLines(filter, limit, (callback) => {
    frames.push(callback);
    return () => void frames.splice(frames.indexOf(callback), 1);
  });
}

function log(message: string, data: object = {}, nodeId?: string): LogEvent {
  return { event: 'log', data: { message, ...data }, timestamp: at(0), ...(nodeId === undefined ? {} : { node_id: nodeId }) };
}

const messages = (lines: LogLines) => lines.lines.map(({ message }) => message);

test('keeps the newest lines, and adds a burst in one frame', () => {
  const lines = linesOf({}, 3);
  const listener = vi.fn();
  lines.seed([log('before'), created('t1')]);
  lines.follow(connection, listener);
  for (let i = 1; i <= 20; i++) connection.receive(log(`line ${i}`));
  expect(messages(lines)).toEqual(['before']);
  for (const frame of frames.splice(0)) frame();

  expect(messages(lines)).toEqual(['line 18', 'line 19', 'line 20']);
  expect(lines.lines.map(({ number }) => number)).toEqual([19, 20, 21]);
  expect(listener).toHaveBeenCalledTimes(1);
});

test.each<[string, LogFilter]>([
  ['an execution', { executionId: 'e1' }],
  ['a node', { nodeId: 'n1' }],
  ['a task', { taskId: 't1' }],
  ['a project', { projectId: 'p1' }],
  ['a level', { levels: ['error', 'fatal'] }],
])('of %s alone', (_, filter) => {
  const lines = linesOf(filter);
  lines.seed([
    log('of others'),
    log('wanted', { execution_id: 'e1', taskId: 't1', projectId: 'p1', level: 'error' }, 'n1'),
    log('of others', { level: 'info' }, 'n2'),
  ]);

  expect(messages(lines)).toEqual(['wanted']);
});

test('a line without a message is its data; without a level it is info', () => {
  const lines = linesOf();
  lines.seed([{ event: 'log', data: { step: 3 }, timestamp: at(0) } satisfies LogEvent]);

  expect(lines.lines).toMatchObject([{ level: 'info', message: '{"step":3}' }]);
});

test('lines do not change after the end', () => {
  const lines = linesOf();
  const listener = vi.fn();
  const stop = lines.follow(connection, listener);
  connection.receive(log('late'));
  stop();

  expect(frames).toHaveLength(0);
  expect(connection.subscribers).toBe(0);
  expect(listener).not.toHaveBeenCalled();
});
