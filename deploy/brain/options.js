import { Redis } from 'ioredis';

/** @typedef {import('./problems.js').Problem} Problem */

/**
 * @typedef {object} Options
 * @property {Redis} [redis] An ioredis client, of which a connection of its own is made with the same options; this or `url`.
 * @property {string} [url] Such as `redis://127.0.0.1:6379`.
 * @property {string} [source] Who publishes, at most 200 bytes; a random rest is put behind it for each run. Default `brain`.
 * @property {string} [channel] Default `cecelia:events`.
 * @property {string} [stream] Key of a Redis Stream that keeps each event beside the PUBLISH; absent: none does.
 * @property {number} [maxEntries] About how many entries that keeps. Default 10,000.
 * @property {number} [maxBufferedEvents] Most events that wait for Redis. Default 10,000.
 * @property {number} [maxBufferedBytes] Most bytes of them. Default 16 MiB.
 * @property {number} [maxEventBytes] Largest event; the relay's `CECELIA_MAX_EVENT_BYTES`. Default 262,144.
 * @property {number} [maxEventDepth] Deepest nesting; the relay's `CECELIA_MAX_EVENT_DEPTH`. Default 64.
 * @property {number} [resubscribeMs] For how long after an outage events are held, so that relays can subscribe again; not with a stream, which they read. Default 500.
 * @property {number} [subscriberWaitMs] How long events are held after a connect and when the last subscriber has left, until there is a subscriber; not with a stream. Default 3,000.
 * @property {(problem: Problem) => unknown} [onProblem] Told of each problem; absent: `console.warn`, at a bounded rate.
 */

const SOURCE_BYTES = 200; // The relay takes 256; a random rest follows.

/**
 * With what is not given filled in.
 * @param {Options} options
 * @throws {TypeError} One of them is mistaken.
 */
export function readOptions({
  redis,
  url,
  source = 'brain',
  channel = 'cecelia:events',
  stream,
  maxEntries = 10_000,
  maxBufferedEvents = 10_000,
  maxBufferedBytes = 16 * 1024 * 1024,
  maxEventBytes = 262_144,
  maxEventDepth = 64,
  resubscribeMs = 500,
  subscriberWaitMs = 3000,
  onProblem,
}) {
  check(redis === undefined || typeof redis.duplicate === 'function', 'redis must be an ioredis client');
  check(url === undefined || isWord(url), 'url must be such as redis://127.0.0.1:6379');
  check((redis === undefined) !== (url === undefined), 'give either redis or url');
  check(isWord(source) && Buffer.byteLength(source) <= SOURCE_BYTES, `source must be a string of 1 to ${SOURCE_BYTES} bytes`);
  check(isWord(channel), 'channel must be the name of a channel');
  check(stream === undefined || isWord(stream), 'stream must be the name of a key, or absent');
  const numbers = { maxEntries, maxBufferedEvents, maxBufferedBytes, maxEventBytes, maxEventDepth };
  for (const [name, value] of Object.entries(numbers)) check(Number.isSafeInteger(value) && value > 0, `${name} must be an integer of 1 or more`);
  check(maxBufferedBytes >= maxEventBytes, 'maxBufferedBytes must have room for an event of maxEventBytes');
  for (const [name, value] of Object.entries({ resubscribeMs, subscriberWaitMs })) check(Number.isSafeInteger(value) && value >= 0, `${name} must be an integer of 0 or more`);
  check(onProblem === undefined || typeof onProblem === 'function', 'onProblem must be a function, or absent');
  /** @param {import('ioredis').RedisOptions} fresh */
  const open = (fresh) => (redis ? redis.duplicate(fresh) : new Redis(/** @type {string} */ (url), fresh));
  return { ...numbers, source, channel, stream, resubscribeMs, subscriberWaitMs, onProblem, open };
}

/** @param {unknown} value */
function isWord(value) {
  return typeof value === 'string' && value !== '';
}

/** @param {unknown} good @param {string} message */
function check(good, message) {
  if (!good) throw new TypeError(message);
}
