// For tests.
import { tmpdir } from 'node:os';
import { WebSocket } from 'ws';
import { limits, startProgram, until, within } from './programs.js';

const relay = process.env.RELAY; // An executable or a .dll; `make test` sets the one that it built.

/** Options of a test that needs a relay. */
export const needsRelay = { ...limits, skip: relay ? false : 'RELAY names no relay' };

/** A ready relay. `refused(count)` waits for that many refusals; all earlier events have been processed by then. */
export async function startRelay(test, redisUrl, settings = {}) {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('CECELIA_'));
  const env = {
    ...Object.fromEntries(inherited),
    CECELIA_WS_PORT: '0',
    CECELIA_WS_BIND: '127.0.0.1',
    CECELIA_REDIS_URL: redisUrl,
    ...settings,
  };
  const { output } = startProgram(test, ...(relay.endsWith('.dll') ? ['dotnet', [relay]] : [relay, []]), { cwd: tmpdir(), env });
  const address = await until(async () => /(http:\S+)\/readyz/.exec(output())?.[1], output);
  const get = async (path) => (await fetch(address + path)).json();
  const refused = (count) =>
    until(async () => {
      const { kept } = await get('/api/v1/refused');
      return kept.length >= count && kept;
    }, output);
  await until(async () => (await get('/readyz')).status === 'ready', output);
  return { get, refused, watch: (protocols, path = '/ws') => watch(test, address.replace('http', 'ws') + path, protocols) };
}

/** A connected WebSocket client that stores all messages. `see(test)` waits for a message that passes; `all(name)` returns those with that name. */
async function watch(test, address, protocols = []) {
  const socket = new WebSocket(address, protocols);
  test.after(() => socket.terminate());
  const messages = [];
  let wake = () => {};
  socket.on('message', (text) => {
    messages.push(JSON.parse(text));
    wake();
  });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const opened = new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  await within(opened, () => `no connection to ${address}`);
  const seen = async (isIt) => {
    while (!messages.some(isIt)) await new Promise((resolve) => (wake = resolve));
    return messages.find(isIt);
  };
  return {
    messages,
    send: (message) => socket.send(JSON.stringify(message)),
    closed: () => within(closed, () => 'the connection is open still'),
    all: (name) => messages.filter(({ event }) => event === name),
    see: (isIt) => within(seen(isIt), () => `${messages.length} messages came, the last: ${JSON.stringify(messages.slice(-5))}`),
  };
}
