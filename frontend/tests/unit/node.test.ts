import { createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { WebSocketClass } from '../../src/services/connector';
import { RelayClient } from '../../src/services/relay-client';
import { until } from '../browser/programs';

/** The package `ws`, which Node needs up to version 20: a socket error without a listener ends the process. */
const ofPackage = WebSocket as unknown as WebSocketClass;
const ends: (() => void)[] = [];

afterEach(() => {
  for (const end of ends.splice(0)) end();
});

function clientOf(port: number): RelayClient {
  const client = new RelayClient({ url: `ws://127.0.0.1:${port}/ws`, WebSocket: ofPackage, baseDelayMs: 20, maxDelayMs: 20 });
  ends.push(() => client.close());
  return client;
}

async function listen(server: Server, port = 0): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  ends.push(() => server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port');
  return address.port;
}

test('a client of the package ws reconnects after refused connections', async () => {
  // Disconnects before an answer: to the client the same as a closed port, but no other process can take it.
  const refusing = createServer((socket) => socket.destroy());
  const port = await listen(refusing);
  const client = clientOf(port);
  client.connect();
  await until(
    () => client.state.status === 'reconnecting' && client.state.attempts > 2,
    () => `several attempts, but the state is ${JSON.stringify(client.state)}`,
  );

  await new Promise((resolve) => refusing.close(resolve));
  const server = new WebSocketServer({ port, host: '127.0.0.1', handleProtocols: () => false });
  ends.push(() => server.close());
  await until(
    () => client.state.status === 'live',
    () => `a connection, but the state is ${JSON.stringify(client.state)}`,
  );
  for (const socket of server.clients) socket.terminate();
  await until(
    () => client.counts.reconnects > 0 && client.state.status === 'live',
    () => `another connection, but the state is ${JSON.stringify(client.state)}`,
  );
});

test('closing a client of the package ws while it connects causes no error', async () => {
  // Accepts connections without answering.
  const sockets: { destroy: () => void }[] = [];
  const port = await listen(createServer((socket) => void sockets.push(socket)));
  ends.push(() => sockets.forEach((socket) => socket.destroy()));
  const client = clientOf(port);
  client.connect();
  await until(
    () => sockets.length > 0,
    () => 'a connection',
  );

  client.close();

  expect(client.state.status).toBe('closed');
  // The error of the cancelled attempt is emitted later.
  await new Promise((resolve) => setImmediate(resolve));
});
