import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** For a machine that is busy with other things; a good run never gets near it. In milliseconds. */
export const patienceMs = 30_000;

/** What `ask` gives, as soon as it is something. */
export async function until<Answer>(ask: () => Answer | Promise<Answer>, describe: () => string): Promise<NonNullable<Answer>> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`not within ${patienceMs} ms: ${describe()}`);
    await delay(20);
  }
}

/** A port on which nobody listened a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A program that a test has started. */
export class Program {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  output = '';

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env, cwd?: string) {
    this.#child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env, cwd });
    const keep = (text: string) => (this.output = (this.output + text).slice(-20_000));
    this.#child.stdout?.setEncoding('utf8').on('data', keep);
    this.#child.stderr?.setEncoding('utf8').on('data', keep);
    this.#child.once('error', (error) => keep(String(error)));
    this.#closed = once(this.#child, 'close');
    const kill = () => this.#child.kill('SIGKILL');
    process.once('exit', kill);
    this.#child.once('exit', () => process.removeListener('exit', kill));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Ends it, and waits until it has. */
  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#child.kill(signal);
    if (signal === 'SIGKILL') this.#child.kill('SIGCONT');
    await this.#closed;
  }
}
