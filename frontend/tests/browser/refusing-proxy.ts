import { Agent, createServer, request, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { freePort } from './programs';

/** An HTTP proxy in front of a relay that refuses upgrades, as those of some networks do, until it is set to pass them on. */
export class RefusingProxy {
  passesUpgrades = false;
  /** The paths of the requests that it has passed on, and of the upgrades. */
  readonly paths: string[] = [];
  readonly #sockets = new Set<Socket>();

  private constructor(
    readonly port: number,
    readonly server: Server,
  ) {}

  static async start(relay: { readonly port: number }): Promise<RefusingProxy> {
    const server = createServer();
    const proxy = new RefusingProxy(await freePort(), server);
    const agent = new Agent({ keepAlive: false });
    server.on('connection', (socket) => {
      proxy.#sockets.add(socket);
      socket.on('close', () => proxy.#sockets.delete(socket)).on('error', () => undefined);
    });
    server.on('request', (incoming, outgoing) => {
      proxy.paths.push(incoming.url ?? '');
      const { method, headers, url } = incoming;
      const passed = request({ host: '127.0.0.1', port: relay.port, path: url, method, headers, agent }, (response) => {
        outgoing.writeHead(response.statusCode ?? 502, response.headers);
        outgoing.flushHeaders();
        response.pipe(outgoing);
      });
      passed.on('error', () => outgoing.destroy());
      outgoing.on('close', () => passed.destroy());
      incoming.pipe(passed);
    });
    server.on('upgrade', (incoming, socket: Socket, head) => {
      if (!proxy.passesUpgrades) return void socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      proxy.paths.push(`upgrade ${incoming.url ?? ''}`);
      const target = connect(relay.port, '127.0.0.1', () => {
        const lines = incoming.rawHeaders.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('');
        target.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${lines}\r\n`);
        target.write(head);
        socket.pipe(target).pipe(socket);
      });
      target.on('error', () => socket.destroy());
      socket.on('close', () => target.destroy());
    });
    await new Promise<void>((resolve) => server.listen(proxy.port, '127.0.0.1', resolve));
    return proxy;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Cuts all connections, as an outage does. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.cut();
    await closed;
  }
}
