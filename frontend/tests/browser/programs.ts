import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { patienceMs } from '../../test-limits';

/** Polls `ask` until it returns a truthy value, and returns that value. */
export async function until<Answer>(ask: () => Answer | Promise<Answer>, describe: () => string): Promise<NonNullable<Answer>> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`not within ${patienceMs} ms: ${describe()}`);
    await delay(20);
  }
}

const firstPort = 12_000;
const portCount = 20_000;
let ports = Math.floor(Math.random() * portCount); // Concurrent test runs start at different ports.

/**
 * Returns a port that is currently free. Never returns a port twice, nor an ephemeral port (32768 and above), which an outgoing connection might take before
 * the server listens.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = firstPort + (++ports % portCount);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** A child process of a test. */
export class Program {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #hasEnded = false;
  output = '';

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env, cwd?: string) {
    this.#child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env, cwd });
    const keep = (text: string) => (this.output = (this.output + text).slice(-20_000));
    this.#child.stdout?.setEncoding('utf8').on('data', keep);
    this.#child.stderr?.setEncoding('utf8').on('data', keep);
    this.#child.once('error', (error) => keep(String(error)));
    this.#closed = once(this.#child, 'close').then(() => (this.#hasEnded = true));
    const kill = () => this.#child.kill('SIGKILL');
    process.once('exit', kill);
    this.#child.once('exit', () => process.removeListener('exit', kill));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Polls `ask` until it returns true. Fails at once when the process has ended. */
  async until(ask: () => boolean | Promise<boolean>): Promise<void> {
    await until(
      async () => {
        if (this.#hasEnded) throw new Error(`The process has ended:\n${this.output}`);
        return ask();
      },
      () => this.output,
    );
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Terminates the process and waits for its exit. */
  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#child.kill(signal);
    if (signal === 'SIGKILL') this.#child.kill('SIGCONT');
    await this.#closed;
  }
}
