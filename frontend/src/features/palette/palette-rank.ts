/** How well a text matches all words of a query: the less the better; `null`: not at all. Words in lower case. */
export function rankOf(words: readonly string[], texts: readonly (string | undefined)[]): number | null {
  let sum = 0;
  for (const word of words) {
    let best = 4;
    for (const text of texts) if (text !== undefined) best = Math.min(best, rankOfWord(word, text.toLowerCase()));
    if (best === 4) return null;
    sum += best;
  }
  return sum;
}

function rankOfWord(word: string, text: string): number {
  const at = text.indexOf(word);
  if (at < 0) return 4;
  if (text === word) return 0;
  if (at === 0) return 1;
  return /[\p{L}\p{N}]/u.test(text[at - 1] ?? '') ? 3 : 2;
}

export function wordsOf(query: string): readonly string[] {
  return query.toLowerCase().split(/\s+/).filter(Boolean);
}

/**
 * Returns the best matches, at most `limit`, the newest first among equals. `all` is in the order of age, oldest first. One pass, without sorting the rest:
 * 20,000 tasks take a few milliseconds.
 */
export function bestMatches<T>(
  all: Iterable<T>,
  words: readonly string[],
  textsOf: (one: T) => readonly (string | undefined)[],
  limit: number,
): T[] {
  const byRank = new Map<number, T[]>();
  for (const one of all) {
    const rank = rankOf(words, textsOf(one));
    if (rank === null) continue;
    const same = byRank.get(rank);
    if (same === undefined) byRank.set(rank, [one]);
    else {
      same.push(one);
      if (same.length >= 2 * limit) same.splice(0, limit);
    }
  }
  const ranks = [...byRank.keys()].sort((a, b) => a - b);
  return ranks.flatMap((rank) => byRank.get(rank)?.toReversed() ?? []).slice(0, limit);
}
