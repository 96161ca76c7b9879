import { pageToken } from '../access/token-store';
import { type LastState, readLastState } from './last-state';

const database = 'cecelia';
const table = 'last-state';
const userKey = 'cecelia.user';

const forgetKey = (): string => `cecelia.forget-state ${key()}`;

/** Several relays may be served below one address, each with a path of its own. */
const key = (): string => new URL('./', document.baseURI).pathname;

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(database, 1);
    request.onupgradeneeded = () => void request.result.createObjectStore(table);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('IndexedDB could not be opened'));
  });
}

async function run<Result>(mode: IDBTransactionMode, use: (store: IDBObjectStore) => IDBRequest<Result>): Promise<Result> {
  const opened = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = opened.transaction(table, mode);
      const request = use(transaction.objectStore(table));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? new Error('The transaction was aborted'));
    });
  } finally {
    opened.close();
  }
}

/** Keeps the text of a state for this user, in place of the one before. @throws if the browser keeps nothing, as in a private window. */
export async function keepLastState(text: string, user: string): Promise<void> {
  setUser(user);
  await run('readwrite', (store) => store.put(text, key()));
}

/** Returns the kept state if it may be shown in this tab: it is of the user of this tab, or of a relay without access control. */
export async function loadLastState(): Promise<LastState | null> {
  try {
    const text: unknown = await run('readonly', (store) => store.get(key()) as IDBRequest<unknown>);
    const state = typeof text === 'string' ? readLastState(text) : null;
    if (state === null) return null;
    return state.user === '' || (pageToken.signIn.token !== '' && state.user === getUser()) ? state : null;
  } catch {
    return null; // The browser keeps nothing.
  }
}

/** Forgets the state when the user signs out, or the relay does not accept the token any more. Called once at startup. */
export function startForgetting(): void {
  if (isForgetting()) forget();
  let wasSignedIn = pageToken.signIn.token !== '';
  pageToken.subscribe(() => {
    const isSignedIn = pageToken.signIn.token !== '';
    if (wasSignedIn && !isSignedIn) forget();
    wasSignedIn = isSignedIn;
  });
}

/** Signing out reloads the page, which aborts the deletion. The mark lets the next page repeat it. */
function forget(): void {
  setUser('');
  const mark = forgetKey();
  try {
    localStorage.setItem(mark, '1');
  } catch {
    // Storage is disabled: this page is the only one that deletes it.
  }
  run('readwrite', (store) => store.delete(key()))
    .then(() => localStorage.removeItem(mark))
    .catch(() => undefined); // It is repeated by the next page.
}

function isForgetting(): boolean {
  try {
    return localStorage.getItem(forgetKey()) !== null;
  } catch {
    return false;
  }
}

/** The user is known only by the relay, so this tab remembers who it was, and with which token. */
function getUser(): string {
  try {
    const [token, user = ''] = (sessionStorage.getItem(userKey) ?? '').split('\n', 2);
    return token === pageToken.signIn.token ? user : '';
  } catch {
    return '';
  }
}

function setUser(user: string): void {
  try {
    if (user === '') sessionStorage.removeItem(userKey);
    else sessionStorage.setItem(userKey, `${pageToken.signIn.token}\n${user}`);
  } catch {
    // Storage is disabled: the state is not shown.
  }
}
