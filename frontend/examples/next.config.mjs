const relay = process.env.CECELIA_RELAY ?? 'http://localhost:5221';

/** @type {import('next').NextConfig} */
export default {
  rewrites: async () => ['/ws', '/events', '/api/v1/:path*'].map((source) => ({ source, destination: `${relay}${source}` })),
};
