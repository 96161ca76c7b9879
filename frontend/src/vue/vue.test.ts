// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createApp, effectScope, h, nextTick, ref } from 'vue';
import { FakeConnection, live } from '../../tests/fakes/fake-connection';
import { at } from '../../tests/fakes/made-messages';
import type { InboundMessage } from '../services/relay-connection';
import ExecutionStatus from './ExecutionStatus.vue';
import { useExecution } from './useExecution';

let connection: FakeConnection;

beforeEach(() => {
  vi.useFakeTimers();
  connection = new FakeConnection();
});
afterEach(() => vi.useRealTimers());

async function receive(...messages: readonly InboundMessage[]): Promise<void> {
  connection.receive(...messages);
  vi.advanceTimersByTime(100);
  await nextTick();
}

const status = (execution_id: string, data: object, second = 1): InboundMessage => ({
  event: 'status',
  data: { execution_id, ...data },
  timestamp: at(second),
});

describe('useExecution', () => {
  test('follows an execution until its scope ends', async () => {
    const scope = effectScope();
    const execution = scope.run(() => useExecution('e1', { connection }));
    expect(execution?.status.value).toBeNull();
    expect(execution?.isConnected.value).toBe(false);
    connection.changeState(live);
    await receive(status('e1', { status: 'running', progress: 40 }), status('e2', { status: 'failed' }));

    expect(execution?.status.value).toBe('running');
    expect(execution?.progress.value).toBe(40);
    expect(execution?.isConnected.value).toBe(true);
    scope.stop();
    await receive(status('e1', { status: 'completed' }, 2));
    expect(execution?.status.value).toBe('running');
  });

  test('follows another execution when the id changes', async () => {
    const id = ref('e1');
    const scope = effectScope();
    const execution = scope.run(() => useExecution(id, { connection }));
    await receive(status('e1', { progress: 10 }), status('e2', { progress: 20 }), {
      event: 'node_state_change',
      data: { execution_id: 'e2' },
      node_id: 'n1',
      timestamp: at(1),
    });
    expect(execution?.progress.value).toBe(10);
    id.value = 'e2';
    await nextTick();

    expect(execution?.progress.value).toBe(20);
    expect(execution?.nodes.value.map((node) => node.id)).toEqual(['n1']);
    scope.stop();
  });
});

test('ExecutionStatus renders status, progress, result and error', async () => {
  const place = document.createElement('div');
  const app = createApp({ render: () => h(ExecutionStatus, { executionId: 'e1', connection }) });
  app.mount(place);
  connection.changeState(live);
  await nextTick();
  expect(place.textContent).toContain('Status: unknown');

  await receive(status('e1', { status: 'running', progress: 50, message: 'step 2' }));
  expect(place.textContent).toContain('Status: running');
  expect(place.querySelector('progress')?.getAttribute('value')).toBe('50');
  expect(place.querySelector('[role=alert]')).toBeNull();

  await receive(status('e1', { status: 'failed', error: { code: 7 } }, 3));
  expect(place.querySelector('section')?.dataset.status).toBe('failed');
  expect(place.querySelector('[role=alert]')?.textContent).toContain('"code": 7');
  expect(place.textContent).toContain('Time: 2 s');
  app.unmount();
});

test('ExecutionStatus stays up to date while a browser translates it', async () => {
  const place = document.createElement('div');
  const app = createApp({ render: () => h(ExecutionStatus, { executionId: 'e1', connection }) });
  app.mount(place);
  const translate = () => {
    const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
    const texts: Text[] = [];
    while (walker.nextNode()) if (walker.currentNode.textContent?.trim()) texts.push(walker.currentNode as Text);
    for (const text of texts) {
      const translated = document.createElement('b');
      translated.textContent = text.data;
      text.replaceWith(translated);
    }
  };
  translate();
  connection.changeState(live);
  await receive(status('e1', { status: 'running', progress: 50 }));
  translate();
  await receive(status('e1', { status: 'completed', progress: 100, result: 'good' }, 3));
  expect(place.textContent.replaceAll(/\s+/g, '')).toBe('Status:completedProgress:100%Result:goodTime:2s');
  app.unmount();
});
