import { isUncertain, statusKind } from '../../../components/status-kind';
import type { NodeEntity } from '../../../types/messages';

/**
 * The node to look at while the reader has chosen none: the one that was looked at, as long as it runs, else of those that run the one that spoke last, or was
 * heard of last, else the last that had something to say. So the text does not jump between nodes that stream at once.
 */
export function followedNode(nodes: readonly NodeEntity[], before: string | null): string | null {
  const running = nodes.filter((node) => statusKind(node.status) === 'running' && !isUncertain(node));
  if (running.some(({ id }) => id === before)) return before;
  const said = nodes.filter((node) => node.text !== undefined);
  if (running.length === 0 && said.some(({ id }) => id === before)) return before;
  return (
    (lastHeard(running.filter((node) => node.text !== undefined)) ?? lastHeard(running) ?? lastHeard(said) ?? lastHeard(nodes))?.id ?? null
  );
}

function lastHeard(nodes: readonly NodeEntity[]): NodeEntity | undefined {
  return nodes.reduce<NodeEntity | undefined>(
    (last, node) => (last === undefined || node.received >= last.received ? node : last),
    undefined,
  );
}
