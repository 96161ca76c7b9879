import { fileURLToPath } from 'node:url';
import { createServer, type ViteDevServer } from 'vite';
import { freePort } from './programs';

/** Starts Vite like `make dev`: serves the sources and proxies the relay's paths to a relay. */
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
