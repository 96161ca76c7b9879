import { useMemo } from 'react';
import type { NodeTokens } from '../state/node-tokens';
import { tokenStore } from '../state/stores';
import { useRelay } from './useRelay';
import { useStore } from './useStore';

/**
 * The text that a node streams, and the tokens that it used. Without an `executionId` it is the node with that id and the latest event, of any execution.
 */
export function useTokens(nodeId: string, executionId?: string): NodeTokens {
  const relay = useRelay();
  return useStore(useMemo(() => tokenStore(relay, nodeId, executionId), [relay, nodeId, executionId]));
}
