// A small example Brain: it creates tasks on HTTP requests or commands, runs them as processes, and publishes their events. Settings come from the
// environment.
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { createAnnounce } from './announce.js';
import { parseTaskRequest } from './catalogue.js';
import { handleCommands } from './commands.js';
import { createExecutor } from './executor.js';
import { redisOptions } from './redis.js';
import { readSecret } from './secrets.js';
import { createHttp } from './server.js';
import { createTaskEvents } from './taskEvents.js';
import { createTick } from './tick.js';

const env = process.env;
const settings = {
  redis: readRedis(),
  prefix: env.CECELIA_CHANNEL_PREFIX ?? 'cecelia:',
  stream: env.CECELIA_STREAM_KEY || undefined,
  host: env.BRAIN_HOST || '127.0.0.1',
  port: whole('BRAIN_PORT', 5220, 0, 65_535),
  slots: whole('BRAIN_SLOTS', 2, 1, 64),
  maxQueued: whole('BRAIN_QUEUE', 100, 1, 100_000),
  demoSeconds: whole('BRAIN_DEMO_SECONDS', 0, 0, 86_400),
};

const commands = new Redis({
  ...settings.redis.options,
  retryStrategy: (times) => Math.random() * Math.min(1000, 100 * times),
  maxRetriesPerRequest: null,
});
const events = createTaskEvents({ redis: commands, source: 'brain', channel: `${settings.prefix}events`, stream: settings.stream });
const announce = createAnnounce(events);
const executor = createExecutor({
  slots: settings.slots,
  onNews: (task, news) => tick.onNews(task, news),
  onEnd: (task, outcome) => tick.onEnd(task, outcome),
});
const tick = createTick({ executor, announce, maxQueued: settings.maxQueued, maxKept: 500 });
handleCommands({ redis: commands, channel: `${settings.prefix}commands`, events, announce, tick, executor });
const demo = settings.demoSeconds > 0 ? setInterval(makeTask, settings.demoSeconds * 1000) : undefined;

const server = createHttp({ tick, events }).listen(settings.port, settings.host);
server.on('error', (error) => fail(`cannot listen on ${settings.host}, port ${settings.port}: ${error.message}`));
await once(server, 'listening');
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
console.log(`brain: http://${settings.host}:${port}/tasks, ${settings.slots} slots, Redis at ${settings.redis.place}`);

process.once('SIGTERM', shutDown);
process.once('SIGINT', shutDown);

/** Stops accepting requests, then terminates running tasks and reports them as failed, then publishes the remaining events. */
async function shutDown() {
  clearInterval(demo);
  server.close();
  server.closeIdleConnections();
  commands.disconnect();
  await tick.stop();
  const { unsent } = await events.close({ timeoutMs: 3000 });
  server.closeAllConnections();
  console.log(`brain: ended${unsent > 0 ? `, ${unsent} events were not published` : ''}`);
}

/** Creates demo tasks. */
function makeTask() {
  const programs = ['conversation', 'word-count', 'primes', 'hash'];
  const program = programs[Math.floor(Math.random() * programs.length)];
  try {
    tick.create(parseTaskRequest({ program, project_id: Math.random() < 0.5 ? 'demo-1' : 'demo-2' }));
  } catch (error) {
    console.warn(`brain: demo task not created: ${error instanceof Error ? error.message : error}`); // The queue is full.
  }
}

/** @param {string} name @param {number} defaultValue @param {number} min @param {number} max */
function whole(name, defaultValue, min, max) {
  const text = env[name];
  if (text === undefined || text === '') return defaultValue;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  return value >= min && value <= max ? value : fail(`${name} must be a whole number from ${min} to ${max}`);
}

function readRedis() {
  try {
    return redisOptions({
      url: readSecret(env, 'CECELIA_REDIS_URL') || 'redis://127.0.0.1:6379',
      password: readSecret(env, 'CECELIA_REDIS_PASSWORD'),
      master: env.CECELIA_REDIS_SENTINEL,
      sentinelPassword: readSecret(env, 'CECELIA_REDIS_SENTINEL_PASSWORD'),
    });
  } catch (error) {
    return fail(error instanceof Error ? error.message : `${error}`);
  }
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(`brain: ${message}`);
  process.exit(2);
}
