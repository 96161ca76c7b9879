/** Which events a connection gets: those that match any value of every member that is given (PROTOCOL.md, "Filters"). */
export interface RelayFilter {
  readonly project?: string | readonly string[];
  readonly task?: string | readonly string[];
  readonly execution?: string | readonly string[];
  /** Names; `*` at the end stands for any rest. */
  readonly events?: string | readonly string[];
}

/**
 * The address of a WebSocket: `url` seen from the page, `wss:` where the page came by HTTPS.
 * @throws TypeError if it is no address, or of another kind than http(s) and ws(s), or a value of the filter holds a comma, which would make it two.
 */
export function relayUrl(url: string | URL, filter: RelayFilter = {}, since?: string): string {
  const base = typeof document !== 'undefined' ? document.baseURI : typeof location !== 'undefined' ? location.href : undefined;
  const address = new URL(url, base);
  address.protocol = address.protocol.replace('http', 'ws');
  if (address.protocol !== 'ws:' && address.protocol !== 'wss:') throw new TypeError(`${address.href} is no address of a WebSocket`);
  address.hash = '';
  for (const parameter of ['project', 'task', 'execution', 'events'] as const) {
    for (const value of [filter[parameter] ?? []].flat()) {
      if (value.includes(',')) throw new TypeError(`The filter ${parameter} cannot hold a comma: ${value}`);
      address.searchParams.append(parameter, value);
    }
  }
  if (since !== undefined) address.searchParams.set('since', since);
  return address.href;
}
