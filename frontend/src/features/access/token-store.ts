import { isConnected, type ConnectionState, type RelayConnection, type Unsubscribe } from 'cecelia-client';

/** Why the relay did not let this page in. */
export interface AccessDenial {
  /** The relay's name of the reason, such as `token_expired`. */
  readonly reason: string;
  /** The relay's text. */
  readonly message: string;
}

/** Whether this page is signed in. */
export interface SignIn {
  /** The token; empty: none. */
  readonly token: string;
  /** Whether the relay requires a token, and has not accepted one yet. */
  readonly isRequired: boolean;
  /** Why the last token was not accepted; `null`: none was sent. */
  readonly denial: AccessDenial | null;
}

const storageKey = 'cecelia-token';

/** The token of this page. It is kept in the session storage, so it ends with the tab, and other tabs do not see it. */
export class TokenStore {
  #signIn: SignIn;
  /** The token that the connection asked for last. */
  #provided = '';
  #end: unknown;
  readonly #listeners = new Set<() => void>();

  constructor(readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null) {
    this.#signIn = { token: this.storage?.getItem(storageKey) ?? '', isRequired: false, denial: null };
  }

  get signIn(): SignIn {
    return this.#signIn;
  }

  readonly subscribe = (listener: () => void): Unsubscribe => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Returns the token for the connection. Without one, rejects if the relay requires one: a request without it would only be refused again. */
  readonly provide = (): Promise<string> => {
    const { token, isRequired } = this.#signIn;
    this.#provided = token;
    return token === '' && isRequired ? Promise.reject(new Error('Sign in to see the data of this relay')) : Promise.resolve(token);
  };

  /** Replaces the token. */
  set(token: string): void {
    if (token === '') this.storage?.removeItem(storageKey);
    else this.storage?.setItem(storageKey, token);
    this.#change({ token });
  }

  /** Follows a connection: forgets a token that the relay does not accept, and keeps the reason. */
  watch(connection: RelayConnection): Unsubscribe {
    return connection.onState((state) => this.#onState(state));
  }

  #onState(state: ConnectionState): void {
    if (isConnected(state)) {
      if (this.#signIn.isRequired) this.#change({ isRequired: false, denial: null });
      return;
    }
    // A state that only says when the next attempt follows has the same end.
    if (!('end' in state) || state.end === null || state.end === this.#end) return;
    const isRevoked = state.status === 'closed' && state.end.reason === 'access_revoked';
    if (state.status !== 'unauthorized' && !isRevoked) return;
    this.#end = state.end;
    if (state.status === 'unauthorized' && state.why === 'no-token') return this.#change({ isRequired: true });
    if (this.#signIn.token === this.#provided) this.set('');
    this.#change({
      isRequired: true,
      denial: isRevoked
        ? { reason: 'access_revoked', message: '' }
        : { reason: state.end.reason, message: state.status === 'unauthorized' ? state.message : '' },
    });
  }

  #change(change: Partial<SignIn>): void {
    this.#signIn = { ...this.#signIn, ...change };
    for (const listener of this.#listeners) listener();
  }
}

/** The session storage; `null` where the browser denies it. */
function sessionStorageOrNull(): Storage | null {
  try {
    return typeof sessionStorage === 'undefined' ? null : sessionStorage;
  } catch {
    return null;
  }
}

/** The token of this page. */
export const pageToken = /* @__PURE__ */ new TokenStore(sessionStorageOrNull());

/** The header with the token of this page, for requests to the relay. */
export function authorization(): Readonly<Record<string, string>> {
  const { token } = pageToken.signIn;
  return token === '' ? {} : { authorization: `Bearer ${token}` };
}

/** The token in a text that was pasted: without white space, and without `Bearer`. `null`: the text is not a token. */
export function parseToken(text: string): string | null {
  const token = text
    .trim()
    .replace(/^bearer\s+/i, '')
    .replaceAll(/\s/g, '');
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token) ? token : null;
}
