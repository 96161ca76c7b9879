import type { NodeEntity } from 'cecelia-client';
import { expect, it } from 'vitest';
import { followedNode } from './followed-node';

function node(id: string, status: string, second: number, text?: string): NodeEntity {
  const at = `2026-02-06T08:30:0${second}.000Z`;
  return { id, status, timestamp: at, received: at, ...(text !== undefined && { text }) };
}

it('keeps a running node although another has later output', () => {
  const nodes = [node('a', 'running', 1, 'x'), node('b', 'running', 2, 'y')];
  expect(followedNode(nodes, null)).toBe('b');
  expect(followedNode(nodes, 'a')).toBe('a');
});

it('prefers a running node with output', () => {
  expect(followedNode([node('a', 'running', 1, 'x'), node('b', 'running', 2)], null)).toBe('a');
});

it('switches to a running node when the previous one has ended', () => {
  expect(followedNode([node('a', 'completed', 3, 'x'), node('b', 'running', 2)], 'a')).toBe('b');
});

it('keeps the previous node when all have ended', () => {
  const nodes = [node('a', 'completed', 1, 'x'), node('b', 'completed', 2, 'y')];
  expect(followedNode(nodes, 'a')).toBe('a');
  expect(followedNode(nodes, null)).toBe('b');
});

it('selects nothing without nodes', () => {
  expect(followedNode([], 'gone')).toBeNull();
});
