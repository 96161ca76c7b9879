import { afterEach, beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest';
import { FakeConnection, live } from '../../tests/fakes/fake-connection';
import { FakeServer } from '../../tests/fakes/fake-socket';
import { at, created, hello, progress } from '../../tests/fakes/made-messages';
import type { WebSocketMessage, WebSocketMessageData } from '../types/websocket';
import { WebSocketClient, WebSocketService } from './websocket';

const end = { code: 1006, reason: 'lost', at: 0 } as const;

describe('WebSocketClient, as Cecelia uses it', () => {
  let server: FakeServer;

  beforeEach(() => {
    vi.useFakeTimers();
    server = new FakeServer();
    vi.stubGlobal('WebSocket', server.WebSocket);
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  test('calls a handler with the data of its event, and reconnects', async () => {
    let tasks: { taskId?: string | null }[] = [];

    const ws = new WebSocketClient({ url: 'ws://localhost:5221/ws' });
    ws.on('task:created', (task) => {
      tasks = [...tasks, task];
    });

    await vi.advanceTimersByTimeAsync(0);
    expect(server.last.address.href).toBe('ws://localhost:5221/ws');
    server.last.hello();
    server.last.snapshot('p1');
    server.last.event('task:created', { taskId: 't1' }, 'p2');
    server.last.event('task:started', { taskId: 't1' }, 'p3');
    expect(tasks.map(({ taskId }) => taskId)).toEqual(['t1']);

    server.last.cut();
    ws.reconnect();
    await vi.advanceTimersByTimeAsync(0);
    expect(server.sockets).toHaveLength(2);
    server.last.hello({ recovered: true, wasRecovering: true, missed: 1 });
    server.last.event('task:created', { taskId: 't2' }, 'p4');
    expect(tasks.map(({ taskId }) => taskId)).toEqual(['t1', 't2']);

    ws.close();
    expect(server.openSockets).toEqual([]);
  });

  test('connect and on open one socket', async () => {
    const ws = new WebSocketClient({ url: 'ws://localhost:5221/ws' });
    ws.connect();
    ws.on('a:name', (data) => expectTypeOf(data).toEqualTypeOf<Record<string, unknown>>());
    await vi.advanceTimersByTimeAsync(0);

    expect(server.sockets).toHaveLength(1);
    ws.close();
  });
});

describe('WebSocketService, as TaskTree uses it', () => {
  test('subscribe passes every event with its type, until it is unsubscribed', () => {
    const connection = new FakeConnection();
    const service = new WebSocketService({ connection });
    const messages: WebSocketMessage[] = [];
    service.connect();

    const unsubscribe = service.subscribe((message) => messages.push(message));
    connection.receive(hello(), { ...created('t1'), project_id: 7 });
    unsubscribe();
    connection.receive(created('t2'));

    expect(messages).toEqual([{ event: 'task:created', type: 'task:created', project_id: '7', data: { taskId: 't1' }, timestamp: at(0) }]);
    expect(connection.connects).toBe(1);
  });

  test('the fields of a message can be read directly', () => {
    const connection = new FakeConnection();
    const read: unknown[] = [];
    new WebSocketService({ connection }).subscribe(({ data }) => {
      expectTypeOf(data.status).toEqualTypeOf<WebSocketMessageData['status']>();
      read.push(data.taskId, data.progress);
    });
    connection.receive(progress('t1', 40));

    expect(read).toEqual(['t1', 40]);
  });

  test('send, state, attempts and disconnect', () => {
    const connection = new FakeConnection();
    const service = new WebSocketService({ connection });
    expect([service.state, service.attempts, service.lastConnected]).toEqual(['CLOSED', 0, null]);
    connection.changeState(live);
    expect([service.state, service.lastConnected]).toEqual(['OPEN', new Date(1000)]);
    expect(service.send({ type: 'task_updated', project_id: 'p1', data: { id: 1 } })).toBe(true);
    connection.changeState({ status: 'reconnecting', nextTry: 1, waitsFor: 'time', end, attempts: 3, lastConnected: 1000 });
    expect([service.state, service.attempts]).toEqual(['CLOSED', 3]);
    service.disconnect();

    expect(connection.sent).toEqual([{ type: 'task_updated', project_id: 'p1', data: { id: 1 } }]);
    expect(connection.closes).toBe(1);
  });
});
