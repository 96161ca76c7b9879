import { fileURLToPath } from 'node:url';
import { createServer, type ViteDevServer } from 'vite';
import { freePort } from './programs';

/** Vite as `make dev` runs it, in front of a relay: serves the sources, and hands over to the relay what is the relay's. */
export async function servePages(relay: string): Promise<{ server: ViteDevServer; origin: string }> {
  process.env.CECELIA_RELAY = relay;
  const port = await freePort();
  const server = await createServer({
    root: fileURLToPath(new URL('../..', import.meta.url)),
    logLevel: 'error',
    server: { port, strictPort: true, host: '127.0.0.1', hmr: false },
  });
  await server.listen();
  return { server, origin: `http://127.0.0.1:${port}` };
}
