import { development } from './development';

/**
 * How long to wait for the first connection, and for the response of the request that finds out what is at the address, in milliseconds. A development
 * server may leave a request for a WebSocket without an answer.
 */
const timeoutMs = 3000;

let isGiven = false;

development.onConnect = (connection, address) => {
  if (isGiven) return;
  const end = () => {
    clearTimeout(timer);
    stop();
  };
  const give = () => {
    end();
    if (!isGiven) void warn(address);
    // Once for each page: the connection tries again by itself, and its state says so.
    isGiven = true;
  };
  const timer = setTimeout(give, timeoutMs);
  const stop = connection.onState(({ status }) => {
    if (status === 'reconnecting') give();
    else if (status !== 'connecting') end();
  });
};

async function warn(address: string): Promise<void> {
  const { origin, pathname } = new URL(address);
  const shown = origin + pathname;
  console.warn(
    `cecelia-client: no connection to ${shown}. ${await find(shown.replace('ws', 'http'))}\n` +
      'If the relay has another address, set it: the option url, as in url="http://localhost:5221/ws", or a proxy of your development server from ' +
      '/ws to the relay (with ws: true). See "The address" in the README of cecelia-client.',
  );
}

/** Finds out what responds at the address, and says what that means. */
async function find(address: string): Promise<string> {
  try {
    const response = await fetch(address, { cache: 'no-store', signal: AbortSignal.timeout(timeoutMs) });
    const body = (await response.json().catch(() => null)) as { readonly error?: unknown; readonly message?: unknown } | null;
    if (body?.error === 'not_an_upgrade') return 'A relay responds there, but what is between does not pass on WebSockets.';
    if (typeof body?.error === 'string') return `A relay refused it: ${body.error}, ${String(body.message)}.`;
    return `What responds there (HTTP ${response.status}) is not a relay.`;
  } catch {
    const page = typeof location === 'undefined' ? '' : ` (${location.origin})`;
    return `Nothing responds there, or it does not allow the origin of this page${page}: see CECELIA_ALLOWED_ORIGINS.`;
  }
}
