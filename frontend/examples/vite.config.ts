import { defineConfig } from 'vite';

// The development server passes these paths on to the relay.
const relay = { target: process.env.CECELIA_RELAY ?? 'http://localhost:5221', ws: true, changeOrigin: true };

export default defineConfig({
  server: { proxy: { '/ws': relay, '/events': relay, '/api/v1': relay } },
});
