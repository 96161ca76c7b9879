import { describe, expect, test } from 'vitest';
import { parseMessage } from './parse-message';
import { relayUrl } from './relay-url';

const timestamp = '2026-11-21T08:00:00Z';
const parse = (message: unknown) => parseMessage(JSON.stringify(message));

describe('parseMessage', () => {
  test('accepts events with event or type', () => {
    expect(parse({ event: 'task:created', data: { taskId: 't' }, timestamp })).toMatchObject({
      kind: 'event',
      message: { event: 'task:created' },
    });
    expect(parse({ type: 'task_updated', project_id: 'p', data: {}, timestamp })).toMatchObject({
      kind: 'event',
      message: { event: 'task_updated', project_id: 'p' },
    });
  });

  test('accepts unknown messages of the relay', () => {
    expect(parse({ event: 'relay:tomorrow', data: { any: 1 }, timestamp })).toMatchObject({
      kind: 'relay',
      message: { event: 'relay:tomorrow' },
    });
    expect(parse({ event: 'relay:toString', data: {}, timestamp })).toMatchObject({ kind: 'relay' });
  });

  test('parses the responses of the plain protocol', () => {
    expect(parse({ type: 'pong' })).toEqual({ kind: 'pong' });
    const data = { reason: 'not_json', message: 'No', ref: 'c1' };
    expect(parse({ type: 'error', ...data })).toMatchObject({ kind: 'relay', message: { event: 'relay:error', data } });
    expect(parse({ event: 'error', data: { error: 'No', reason: 'not_json', ref: 'c1' }, timestamp })).toEqual({
      kind: 'relay',
      message: { event: 'relay:error', data, timestamp },
    });
  });

  test.each([
    [{ message: 'a node failed' }, {}],
    [{ error: 'a node failed' }, {}],
    [{ error: 'a node failed', reason: 'no memory' }, {}],
    [{ error: 'a node failed', reason: 'toString' }, {}],
    [{ error: 'a node failed', reason: 'not_json', line: 7 }, {}],
    [{ error: 'a node failed', reason: 'not_json' }, { node_id: 'n1' }],
    [{ error: 'a node failed', reason: 'not_json' }, { id: 'p1' }],
    [{ error: 'a node failed', reason: 'not_json' }, { reply_to: 'c1' }],
    [{ error: { code: 7 }, reason: 'not_json' }, {}],
    [{ error: 'a node failed', reason: 'not_json', ref: 7 }, {}],
  ])('parses an error event of a publisher as an event: %j %j', (data, more) => {
    expect(parse({ event: 'error', data, timestamp, ...more })).toMatchObject({ kind: 'event', message: { event: 'error', data } });
  });

  test.each([
    ['not_json', '{'],
    ['not_json', new ArrayBuffer(1)],
    ['not_a_message', '[]'],
    ['not_a_message', 'null'],
    ['not_a_message', '{"data":{},"timestamp":"now"}'],
    ['not_a_message', '{"event":7,"data":{},"timestamp":"now"}'],
    ['not_a_message', '{"event":"a","timestamp":"now"}'],
    ['not_a_message', '{"event":"a","data":[],"timestamp":"now"}'],
    ['not_a_message', '{"event":"a","data":{}}'],
    ['not_a_message', '{"event":"a","data":{},"timestamp":"now","id":7}'],
    ['bad_relay_message', '{"event":"relay:hello","data":{},"timestamp":"now"}'],
    ['bad_relay_message', '{"event":"relay:snapshot","data":{"part":1,"last":true,"tasks":[{"id":7}]},"timestamp":"now"}'],
    ['bad_relay_message', '{"event":"relay:snapshot","data":{"part":1,"last":true,"nodes":{}},"timestamp":"now"}'],
    ['bad_relay_message', '{"event":"relay:bye","data":{"code":"1001","reconnect":true,"retryAfterMs":1},"timestamp":"now"}'],
    ['bad_relay_message', '{"event":"relay:ack","data":{"id":"i","receivers":null},"timestamp":"now"}'],
  ])('reports as %s: %s', (kind, text) => {
    expect(parseMessage(text)).toMatchObject({ kind: 'problem', problem: { kind } });
  });
});

describe('relayUrl', () => {
  test('uses wss if the page was loaded over HTTPS, and keeps the query of the address', () => {
    expect(relayUrl('https://host/prefix/ws?format=tasktree#top')).toBe('wss://host/prefix/ws?format=tasktree');
    expect(relayUrl('http://host/ws', { task: 'ä b', execution: ['e1', 'e2'] }, 'p-1')).toBe(
      'ws://host/ws?task=%C3%A4+b&execution=e1&execution=e2&since=p-1',
    );
  });

  test('rejects a value with a comma', () => {
    expect(() => relayUrl('ws://host/ws', { project: 'a,b' })).toThrow(/comma/);
  });
});
