import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ConnectionState } from './connection-state';
import type { RelayConnection } from './relay-connection';

type Listener = (state: ConnectionState) => void;

let warn: ReturnType<typeof vi.fn<(text: string) => void>>;
let connect: (address?: string) => { readonly set: (status: string) => void; readonly listeners: Set<Listener> };

beforeEach(async () => {
  vi.useFakeTimers();
  warn = vi.fn();
  vi.spyOn(console, 'warn').mockImplementation(warn);
  // The hint is given once for each page, which is the life of the module.
  vi.resetModules();
  const { development } = await import('./development');
  await import('./development-hint');
  connect = (address = 'wss://page.test/ws?token=secret') => {
    const listeners = new Set<Listener>();
    const onState = (listener: Listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    };
    development.onConnect?.({ onState } as unknown as RelayConnection, address);
    return { set: (status) => [...listeners].forEach((listener) => listener({ status } as ConnectionState)), listeners };
  };
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const respond = (response: () => Promise<Response>) => {
  const fetched = vi.fn<(address: string) => Promise<Response>>(response);
  vi.stubGlobal('fetch', fetched);
  return fetched;
};

test.each([
  [
    'a relay behind a proxy',
    () => Response.json({ error: 'not_an_upgrade' }),
    'A relay responds there, but what is between does not pass on',
  ],
  ['a relay that refuses', () => Response.json({ error: 'busy', message: 'Later' }), 'A relay refused it: busy, Later.'],
  ['another server', () => new Response('<html>', { status: 404 }), 'What responds there (HTTP 404) is not a relay.'],
  ['nothing', () => Promise.reject(new TypeError('refused')), 'Nothing responds there, or it does not allow the origin of this page'],
])('a failed first connection is explained by what responds at its address: %s', async (_, response, text) => {
  const fetched = respond(() => Promise.resolve(response()));
  connect().set('reconnecting');
  await vi.advanceTimersByTimeAsync(0);
  expect(fetched.mock.calls[0]?.[0]).toBe('https://page.test/ws');
  expect(warn).toHaveBeenCalledOnce();
  const [said = ''] = warn.mock.calls[0] ?? [];
  expect(said).toContain(`no connection to wss://page.test/ws. ${text}`);
  expect(said).toContain('set it: the option url');
  expect(said).not.toContain('secret');
});

test('the hint is given once for a page, also if the connection stays pending', async () => {
  respond(() => Promise.resolve(new Response('')));
  connect();
  await vi.advanceTimersByTimeAsync(2999);
  expect(warn).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(warn).toHaveBeenCalledOnce();
  connect().set('reconnecting');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(warn).toHaveBeenCalledOnce();
});

test.each(['catching-up', 'live', 'closed'])('a first connection that is %s gives no hint, nor does a later failure', async (status) => {
  respond(() => Promise.resolve(new Response('')));
  const { set, listeners } = connect();
  set('connecting');
  expect(listeners.size).toBe(1);
  set(status);
  expect(listeners.size).toBe(0);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(warn).not.toHaveBeenCalled();
});
