import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, Program } from './programs';

const program = '/usr/sbin/haproxy'; // Path of the Debian package, which is not in every user's PATH.

export const hasProxy = existsSync(program);

/** Starts HAProxy with deploy/proxy/haproxy.cfg, with only the addresses replaced. Returns when a relay responds through it. */
export async function startProxy(relays: readonly { readonly port: number }[]): Promise<{ port: number; stop: () => Promise<void> }> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'cecelia-proxy-'));
  const file = join(folder, 'haproxy.cfg');
  const shipped = await readFile(fileURLToPath(new URL('../../../deploy/proxy/haproxy.cfg', import.meta.url)), 'utf8');
  const servers = relays.map((relay, index) => `    server relay${index} 127.0.0.1:${relay.port}`).join('\n');
  await writeFile(file, shipped.replace(/^ *server-template .*$/m, servers).replace('bind :5221', `bind 127.0.0.1:${port}`));
  const haproxy = new Program(program, ['-f', file]);
  await haproxy.until(() =>
    fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return {
    port,
    async stop() {
      await haproxy.stop();
      await rm(folder, { recursive: true });
    },
  };
}
