// For tests.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort, startProgram, within } from './programs.js';

/** A redis-server for one test, on loopback, without persistent data. */
export async function startRedis(test, settings = []) {
  const clients = [];
  test.after(() => clients.forEach((client) => client.disconnect()));
  const directory = await mkdtemp(join(tmpdir(), 'brain-redis-'));
  const port = await freePort();
  let server = start();
  test.after(() => rm(directory, { recursive: true }));

  function start() {
    return startProgram(test, 'redis-server', [
      '--bind',
      '127.0.0.1',
      '--port',
      `${port}`,
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      directory,
      ...settings,
    ]);
  }

  /** Kills it. Its data is lost unless its settings say otherwise. */
  async function stop() {
    server.signal('SIGKILL');
    await server.closed;
  }

  /** Restarts it on the same port and waits until it responds. */
  async function restart() {
    server = start();
    const client = await connect();
    client.disconnect();
  }

  /** A connected client. */
  async function connect() {
    const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 20 });
    clients.push(client);
    client.on('error', () => {}); // Refused until the server listens.
    const ready = new Promise((resolve) => client.once('ready', resolve));
    await within(Promise.race([ready, server.ended]), () => `redis-server on ${port}: ${server.output()}`);
    return client;
  }

  /** Subscribes; `take(count)` returns the next `count` payloads, `leave()` unsubscribes. */
  async function subscribe(channel) {
    const client = await connect();
    const payloads = [];
    let wake = () => {};
    client.on('message', (_, payload) => {
      payloads.push(payload);
      wake();
    });
    await client.subscribe(channel);
    const arrived = async (count) => {
      while (payloads.length < count) await new Promise((resolve) => (wake = resolve));
    };
    return {
      async take(count) {
        await within(arrived(count), () => `${count} messages; ${payloads.length} are there`);
        return payloads.splice(0, count);
      },
      rest: () => payloads.splice(0),
      leave: () => client.unsubscribe(channel),
    };
  }

  return { url: `redis://127.0.0.1:${port}`, port, connect, subscribe, stop, restart, signal: (name) => server.signal(name) };
}
