import type { GraphEdges } from './graph-edges';
import type { Interval } from './node-spans';

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

/** A node that started this much before the end of another is still after it: times of receipt and of publishers differ a little. In milliseconds. */
const toleranceMs = 20;

/**
 * As `criticalPath`, for nodes that declare no dependencies: the chain of nodes that ran one after another whose durations have the largest sum. Nodes that
 * ran at the same time are not on one chain.
 */
export function longestChain(spans: readonly { readonly id: string; readonly ran: Interval | null }[]): readonly string[] {
  const ended = spans.flatMap(({ id, ran }) => (ran === null ? [] : [{ id, ...ran }])).sort((a, b) => a.to - b.to);
  /** The best chain among the first nodes: its sum, the index of its last node, and the number of nodes of the chain before that. */
  const best: { readonly sum: number; readonly last: number; readonly before: number }[] = [{ sum: 0, last: -1, before: 0 }];
  for (const [index, { from, to }] of ended.entries()) {
    let [low, high] = [0, index];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((ended[middle]?.to ?? 0) <= from + toleranceMs) low = middle + 1;
      else high = middle;
    }
    const without = best[index];
    const sum = (best[low]?.sum ?? 0) + to - from;
    best.push(without !== undefined && without.sum > sum ? without : { sum, last: index, before: low });
  }
  const path: string[] = [];
  for (let at = best.at(-1); at !== undefined && at.last >= 0; at = best[at.before]) path.unshift(ended[at.last]?.id ?? '');
  return path;
}
