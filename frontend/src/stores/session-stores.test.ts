import { beforeEach, describe, expect, test } from 'vitest';
import { at } from '../../tests/fakes/made-messages';
import type { InboundMessage } from '../services/relay-connection';
import type { WSMessage } from '../types/websocket';
import { routeSessionEvent } from './session-routes';
import { useSessionStore } from './useSessionStore';
import { useWorkflowRunStore } from './useWorkflowRunStore';

const sessionStore = () => useSessionStore.getState();
const workflowStore = () => useWorkflowRunStore.getState();

beforeEach(() => {
  sessionStore().reset();
  workflowStore().reset();
});

function receive(...messages: readonly WSMessage<object>[]): void {
  for (const message of messages) {
    routeSessionEvent({ timestamp: at(0), ...message } as InboundMessage, sessionStore(), workflowStore());
  }
}

describe('each event reaches the store of Workflow’s diagram', () => {
  test('token_stream: sessionStore.appendMessage', () => {
    receive(
      { event: 'token_stream', data: { token: 'One' }, node_id: 'n1' },
      { event: 'token_stream', data: { chunk: 'uno' }, node_id: 'n2' },
      { event: 'token_stream', data: { node_id: 'n1', content: ' two' } },
    );

    expect(sessionStore().messages.map(({ nodeId, content }) => [nodeId, content])).toEqual([
      ['n1', 'One two'],
      ['n2', 'uno'],
    ]);
  });

  test('node_state_change: workflowStore.updateNodeStatus', () => {
    receive(
      { event: 'node_state_change', data: { status: 'running' }, node_id: 'n1' },
      { event: 'node_state_change', data: { state: 'running' }, node_id: 'n2' },
      { event: 'node_state_change', data: { status: 'completed' }, node_id: 'n1' },
    );

    expect(workflowStore().nodes).toMatchObject({ n1: { status: 'completed' }, n2: { status: 'running' } });
    expect(workflowStore().activeNodeIds).toEqual(['n2']);
  });

  test('node:parallel_start: workflowStore.setActiveNodes', () => {
    receive({ event: 'node:parallel_start', data: { branches: ['n2', 'n3'] }, node_id: 'n1' });

    expect(workflowStore().activeNodeIds).toEqual(['n2', 'n3']);
  });

  test('token_usage: sessionStore.updateTokenUsage', () => {
    receive(
      { event: 'token_usage', data: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 }, node_id: 'n1' },
      { event: 'token_usage', data: { input_tokens: 5, output_tokens: 6 } },
    );

    expect(sessionStore().tokenUsage).toEqual({
      n1: { inputTokens: 3, outputTokens: 4, totalTokens: 7 },
      '': { inputTokens: 5, outputTokens: 6, totalTokens: null },
    });
  });

  test('execution:paused and execution:completed: workflowStore.setExecutionStatus', () => {
    receive({ event: 'execution:paused', data: {} });
    expect(workflowStore().executionStatus).toBe('paused');
    receive({ event: 'execution:completed', data: {} });
    expect(workflowStore().executionStatus).toBe('completed');
  });

  test('error: workflowStore.updateNodeStatus', () => {
    receive({ event: 'error', data: { error: 'no model' }, node_id: 'n1' });

    expect(workflowStore().nodes).toEqual({ n1: { status: 'failed', error: 'no model' } });
  });
});

test('an error without a node is one of the execution', () => {
  receive({ event: 'error', data: { error: 'no model' } });

  expect(workflowStore()).toMatchObject({ nodes: {}, executionStatus: 'failed' });
});

test('a message that is not a chunk starts a new message', () => {
  sessionStore().appendMessage({ nodeId: 'n1', content: 'a' });
  sessionStore().appendMessage({ nodeId: 'n1', content: 'b', isChunk: false });
  sessionStore().appendMessage({ nodeId: 'n1', content: 'c' });

  expect(sessionStore().messages.map(({ content }) => content)).toEqual(['a', 'bc']);
});

test('messages and nodes are bounded, the oldest are dropped', () => {
  for (let number = 1; number <= 1002; number++) {
    sessionStore().appendMessage({ nodeId: `n${number}`, content: 'a' });
    workflowStore().updateNodeStatus(`n${number}`, 'completed');
  }

  expect(sessionStore().messages).toHaveLength(1000);
  expect(sessionStore().messages[0]?.nodeId).toBe('n3');
  expect(Object.keys(workflowStore().nodes)).toHaveLength(1000);
  expect(workflowStore().nodes.n2).toBeUndefined();
});
