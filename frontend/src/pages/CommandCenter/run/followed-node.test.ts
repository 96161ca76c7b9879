import { expect, it } from 'vitest';
import type { NodeEntity } from '../../../types/messages';
import { followedNode } from './followed-node';

function node(id: string, status: string, second: number, text?: string): NodeEntity {
  const at = `2026-02-06T08:30:0${second}.000Z`;
  return { id, status, timestamp: at, received: at, ...(text !== undefined && { text }) };
}

it('stays with a node that runs, though another one spoke later', () => {
  const nodes = [node('a', 'running', 1, 'x'), node('b', 'running', 2, 'y')];
  expect(followedNode(nodes, null)).toBe('b');
  expect(followedNode(nodes, 'a')).toBe('a');
});

it('looks at a node that speaks rather than at one that only runs', () => {
  expect(followedNode([node('a', 'running', 1, 'x'), node('b', 'running', 2)], null)).toBe('a');
});

it('goes on to the one that runs when the one before has ended', () => {
  expect(followedNode([node('a', 'completed', 3, 'x'), node('b', 'running', 2)], 'a')).toBe('b');
});

it('stays where it was when all have ended', () => {
  const nodes = [node('a', 'completed', 1, 'x'), node('b', 'completed', 2, 'y')];
  expect(followedNode(nodes, 'a')).toBe('a');
  expect(followedNode(nodes, null)).toBe('b');
});

it('looks at nothing where nothing is', () => {
  expect(followedNode([], 'gone')).toBeNull();
});
