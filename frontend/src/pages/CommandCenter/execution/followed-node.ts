import type { NodeEntity } from 'cecelia-client';
import { isUncertain, statusKind } from '../../../format/status-kind';

/**
 * Selects the node to display while the user has selected none: the previous node while it runs; otherwise the running node with the latest output, or else
 * the latest update; otherwise the last node with output. The display therefore does not jump between nodes that stream concurrently.
 */
export function followedNode(nodes: readonly NodeEntity[], previous: string | null): string | null {
  const running = nodes.filter((node) => statusKind(node.status) === 'running' && !isUncertain(node));
  if (running.some(({ id }) => id === previous)) return previous;
  const withOutput = nodes.filter((node) => node.text !== undefined);
  if (running.length === 0 && withOutput.some(({ id }) => id === previous)) return previous;
  return (
    (
      lastUpdated(running.filter((node) => node.text !== undefined)) ??
      lastUpdated(running) ??
      lastUpdated(withOutput) ??
      lastUpdated(nodes)
    )?.id ?? null
  );
}

function lastUpdated(nodes: readonly NodeEntity[]): NodeEntity | undefined {
  return nodes.reduce<NodeEntity | undefined>(
    (last, node) => (last === undefined || node.received >= last.received ? node : last),
    undefined,
  );
}
