import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { freePort, Program, until } from './programs';

/** A command as published for Brain (PROTOCOL.md, "Commands"): with `cmd` for Workflow, with `type` for TaskTree. */
export interface Command {
  readonly id: string;
  readonly cmd?: string;
  readonly type?: string;
  readonly project_id?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A redis-server process on loopback. It has the same port each time it is started. */
export class RedisServer {
  #port: number | undefined;
  #program: Program | undefined;
  #client: Redis | undefined;

  static async start(): Promise<RedisServer> {
    const server = new RedisServer();
    await server.start();
    return server;
  }

  get port(): number {
    if (this.#port === undefined) throw new Error('Redis was not started');
    return this.#port;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get client(): Redis {
    if (!this.#client) throw new Error('Redis is not running');
    return this.#client;
  }

  async start(): Promise<void> {
    this.#port ??= await freePort();
    const args = ['--bind', '127.0.0.1', '--port', `${this.port}`, '--save', '', '--appendonly', 'no', '--dir', tmpdir()];
    const program = new Program('redis-server', args);
    const client = new Redis(this.port, '127.0.0.1', { retryStrategy: () => 20 });
    client.on('error', () => undefined); // Connections are refused until the server listens.
    this.#program = program;
    this.#client = client;
    await program.until(() => client.status === 'ready');
  }

  async stop(): Promise<void> {
    this.#client?.disconnect();
    await this.#program?.stop();
  }

  /** Publishes events in order, like Brain. */
  async publish(...events: object[]): Promise<void> {
    await this.publishText(...events.map((event) => JSON.stringify({ timestamp: new Date().toISOString(), ...event })));
  }

  /** Publishes raw payloads in one round trip. */
  async publishText(...payloads: string[]): Promise<void> {
    const pipeline = this.client.pipeline();
    for (const payload of payloads) pipeline.publish('cecelia:events', payload);
    await pipeline.exec();
  }

  /** Subscribes to commands like Brain. Returns a function that unsubscribes. */
  async onCommand(handler: (command: Command) => void): Promise<() => Promise<void>> {
    const brain = this.client.duplicate();
    await brain.subscribe('cecelia:commands');
    brain.on('message', (_, text: string) => handler(JSON.parse(text) as Command));
    return async () => {
      await brain.unsubscribe();
      brain.disconnect();
    };
  }
}

/** Output of `dotnet build Relay -c Release`, used unless RELAY names another executable or .dll. */
const builtRelay = fileURLToPath(new URL('../../../Relay/bin/Release/net10.0/Relay.dll', import.meta.url));

/** A relay process. It has the same port each time it is started. */
export class RelayServer {
  #port: number | undefined;
  #program: Program | undefined;

  constructor(
    readonly redis: RedisServer,
    readonly settings: NodeJS.ProcessEnv = {},
  ) {}

  static async start(redis: RedisServer, settings: NodeJS.ProcessEnv = {}): Promise<RelayServer> {
    const server = new RelayServer(redis, settings);
    await server.start();
    return server;
  }

  get port(): number {
    if (this.#port === undefined) throw new Error('The relay was not started');
    return this.#port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    this.#port ??= await freePort();
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('CECELIA_')));
    const env = {
      ...inherited,
      CECELIA_WS_PORT: `${this.port}`,
      CECELIA_WS_BIND: '127.0.0.1',
      CECELIA_REDIS_URL: this.redis.url,
      CECELIA_DRAIN_DELAY_SECONDS: '0',
      CECELIA_DRAIN_WINDOW_SECONDS: '0',
      ...this.settings,
    };
    const relay = process.env.RELAY ?? builtRelay;
    if (!existsSync(relay)) throw new Error(`${relay} does not exist. Run dotnet build Relay -c Release, or set RELAY`);
    const [command, args] = relay.endsWith('.dll') ? ['dotnet', [relay]] : [relay, []];
    const program = new Program(command, args, env, tmpdir());
    this.#program = program;
    await program.until(() =>
      fetch(`${this.origin}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
  }

  /** Stops the relay: by SIGTERM like a deployment, or by another signal. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.#program?.stop(signal);
  }

  /** Waits for a number of connections. Connections of closed pages may take a moment to end. */
  async hasConnections(count: number): Promise<void> {
    let found = -1;
    await until(
      async () => (found = (await this.get<{ connections: number }>('/api/v1/status')).connections) === count,
      () => `${found} connections instead of ${count}`,
    );
  }

  async get<Answer>(path: string): Promise<Answer> {
    return (await (await fetch(this.origin + path)).json()) as Answer;
  }
}
