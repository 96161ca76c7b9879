import type { GraphEdges } from './graph-edges';

/**
 * Returns the ids of the nodes on the critical path: the chain along the edges whose durations have the largest sum. `durations` in milliseconds, in
 * topological order; a node without one is not on the path, but a chain passes through it. An edge against the order, which only a cycle has, is ignored.
 *
 * Example: a takes 2 s, then b takes 5 s, and beside it c 1 s and after it d 3 s. The path is a, b with 7 s; a, c, d has 6 s.
 */
export function criticalPath(durations: ReadonlyMap<string, number | null>, { edges }: Pick<GraphEdges, 'edges'>): readonly string[] {
  const places = new Map([...durations.keys()].map((id, place) => [id, place]));
  const before = new Map<string, string[]>();
  for (const { from, to } of edges) {
    const [fromPlace, toPlace] = [places.get(from), places.get(to)];
    if (fromPlace === undefined || toPlace === undefined || fromPlace >= toPlace) continue;
    const known = before.get(to);
    if (known === undefined) before.set(to, [from]);
    else known.push(from);
  }
  const sums = new Map<string, number>();
  const previous = new Map<string, string>();
  let last: string | undefined;
  for (const [id, duration] of durations) {
    let sum = 0;
    for (const from of before.get(id) ?? []) {
      const other = sums.get(from) ?? 0;
      if (previous.has(id) && other <= sum) continue;
      sum = other;
      previous.set(id, from);
    }
    sums.set(id, sum + (duration ?? 0));
    if (duration !== null && (last === undefined || sum + duration > (sums.get(last) ?? 0))) last = id;
  }
  const path: string[] = [];
  for (let id = last; id !== undefined; id = previous.get(id)) if (durations.get(id) != null) path.unshift(id);
  return path;
}
