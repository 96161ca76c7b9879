import type {
  GapData,
  HelloData,
  RelayGap,
  RelayHello,
  RelaySnapshot,
  SnapshotData,
  TaskCreatedEvent,
  TaskEntity,
  TaskProgressEvent,
} from '../../src/types/messages';

/** A timestamp: this many seconds after the start of the tests' timeline. */
export function at(second: number): string {
  return new Date(Date.parse('2026-02-06T08:30:00.000Z') + second * 1000).toISOString();
}

export function created(taskId: string, second = 0, data: object = {}): TaskCreatedEvent {
  return { event: 'task:created', data: { taskId, ...data }, timestamp: at(second) };
}

export function progress(taskId: string, percent: number, second = 1): TaskProgressEvent {
  return { event: 'task:progress', data: { taskId, progress: percent }, timestamp: at(second) };
}

export function task(id: string, members: Partial<TaskEntity> = {}): TaskEntity {
  return { id, timestamp: at(0), received: at(0), ...members };
}

export function snapshot(members: Partial<SnapshotData> = {}): RelaySnapshot {
  return { event: 'relay:snapshot', data: { part: 1, last: true, position: 'p', ...members }, timestamp: at(0) };
}

export function gap(missed: number, cause: GapData['cause'] = 'slow_client'): RelayGap {
  return { event: 'relay:gap', data: { cause, missed, from: null, to: null }, timestamp: at(0) };
}

export function hello(members: Partial<HelloData> = {}, timestamp = at(0)): RelayHello {
  const limits = { messageBytes: 65_536, messagesPerSecond: 50 };
  const data: HelloData = {
    protocol: 'cecelia.v1',
    connection: 'c',
    instance: 'i',
    position: 'p',
    wasRecovering: false,
    recovered: false,
    missed: null,
    pingIntervalMs: 25_000,
    link: { status: 'live' },
    limits,
    commands: null,
    ...members,
  };
  return { event: 'relay:hello', data, timestamp };
}
