/** What the relay has granted to a connection (PROTOCOL.md, "Access"). */
export interface Access {
  readonly user: string;
  /** `command`: also commands; `admin`: also the endpoints for operators. */
  readonly role: 'read' | 'command' | 'admin';
  /** When the token expires, in Unix milliseconds by the clock of this page. */
  readonly expires: number;
}

/**
 * Returns a token for the relay. Called for every attempt to connect, and when the token of an open connection expires soon. The attempt waits for it.
 * An empty text: connect without a token.
 */
export type TokenSource = () => Promise<string>;

/** Why the relay does not let this client in. The reason's name is in the `end` of the state. */
export interface Denial {
  /** `no-token`: the option `token` was rejected; `unauthorized`: the relay does not accept the token; `forbidden`: it does, but the rights do not suffice. */
  readonly why: 'no-token' | 'unauthorized' | 'forbidden';
  /** A sentence for people. */
  readonly message: string;
}

/** A failed attempt: the reason's name, and the denial if it is one. */
export interface Failure {
  readonly reason: string;
  readonly denial?: Denial;
}

/** Longest text that is taken from a response, in characters. */
const messageLimit = 512;

/** Calls the source. Returns the token, or why there is none that could be sent. */
export async function requestToken(source: TokenSource): Promise<string | Failure> {
  try {
    const token = await source();
    // Any other character is an error of the browser's WebSocket, whose text has the token in it.
    if (/^[\w.-]*$/.test(token)) return token;
  } catch (error) {
    return { reason: 'no_token', denial: { why: 'no-token', message: error instanceof Error ? error.message : String(error) } };
  }
  return { reason: 'token_malformed', denial: { why: 'unauthorized', message: 'The token has characters that no JSON Web Token has' } };
}

/**
 * Finds out why a WebSocket could not be opened, since a browser hides the response: sends the same request without the upgrade, which the relay checks in the
 * same way. `undefined`: there was no response, or one that does not say; `upgrade`: the relay responds over HTTP, and would accept a WebSocket.
 */
export async function findRefusal(address: string, token: string, timeoutMs: number): Promise<Failure | 'upgrade' | undefined> {
  try {
    const response = await fetch(address.replace('ws', 'http'), {
      headers: token === '' ? {} : { authorization: `Bearer ${token}` },
      cache: 'no-store',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const { status } = response;
    const body = (await response.json().catch(() => null)) as { readonly error?: unknown; readonly message?: unknown } | null;
    const { error, message = `The relay returned HTTP ${status}` } = body ?? {};
    const text = String(message).slice(0, messageLimit);
    if (status === 401 || status === 403) {
      const why = status === 401 ? 'unauthorized' : 'forbidden';
      return { reason: typeof error === 'string' ? error : why, denial: { why, message: text } };
    }
    if (error === 'not_an_upgrade') return 'upgrade';
    // Without the upgrade, a relay that would accept the connection refuses the request as well.
    return (status >= 500 || status === 429 || status === 400) && typeof error === 'string' ? { reason: error } : undefined;
  } catch {
    return undefined;
  }
}
