import { useCallback } from 'react';
import type { LiveView } from '../state/live-view';
import { type NodeTokens, nodeTokens } from '../state/node-tokens';
import { type LivePart, useLive } from './useLive';

const parts: readonly LivePart[] = ['nodes'];

/**
 * The text that a node streams, and the tokens that it used. Without an `executionId` it is the node with that id and the latest event, of any execution.
 */
export function useTokens(nodeId: string, executionId?: string): NodeTokens {
  return useLive(
    useCallback((view: LiveView) => nodeTokens(view, nodeId, executionId), [nodeId, executionId]),
    parts,
  );
}
