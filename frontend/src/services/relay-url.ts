/** The filter of a connection: events that match at least one value of every given member (PROTOCOL.md, "Filters"). */
export interface RelayFilter {
  readonly project?: string | readonly string[];
  readonly task?: string | readonly string[];
  readonly execution?: string | readonly string[];
  /** Event names; a trailing `*` matches any rest. */
  readonly events?: string | readonly string[];
}

/**
 * Builds the address of a WebSocket: `url` relative to the page, `wss:` if the page was loaded over HTTPS.
 * @throws TypeError if the address is not valid or not of http(s) or ws(s), or if a value of the filter contains a comma, which would make it two.
 */
export function relayUrl(url: string | URL, filter: RelayFilter = {}, since?: string): string {
  const base = typeof document !== 'undefined' ? document.baseURI : typeof location !== 'undefined' ? location.href : undefined;
  const address = new URL(url, base);
  address.protocol = address.protocol.replace('http', 'ws');
  if (address.protocol !== 'ws:' && address.protocol !== 'wss:') throw new TypeError(`${address.href} is not the address of a WebSocket`);
  address.hash = '';
  for (const parameter of ['project', 'task', 'execution', 'events'] as const) {
    for (const value of [filter[parameter] ?? []].flat()) {
      if (value.includes(',')) throw new TypeError(`The filter ${parameter} must not contain a comma: ${value}`);
      address.searchParams.append(parameter, value);
    }
  }
  if (since !== undefined) address.searchParams.set('since', since);
  return address.href;
}
