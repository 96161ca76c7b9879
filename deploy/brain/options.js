import { Redis } from 'ioredis';

/** @typedef {import('./problems.js').Problem} Problem */

/**
 * @typedef {object} Options
 * @property {Redis} [redis] An ioredis client, whose options are used for a separate connection; this or `url`.
 * @property {string} [url] Such as `redis://127.0.0.1:6379`.
 * @property {string} [source] Name of the publisher, at most 200 bytes; a random suffix is added for each run. Default `brain`.
 * @property {string} [channel] Default `cecelia:events`.
 * @property {string} [stream] Key of a Redis Stream in which each event is also stored; absent: none.
 * @property {number} [maxEntries] Approximate maximum number of its entries. Default 10,000.
 * @property {number} [maxBufferedEvents] Maximum number of events that wait for Redis. Default 10,000.
 * @property {number} [maxBufferedBytes] Maximum size of these events in bytes. Default 16 MiB.
 * @property {number} [maxEventBytes] Maximum size of an event; the relay's `CECELIA_MAX_EVENT_BYTES`. Default 262,144.
 * @property {number} [maxEventDepth] Maximum nesting depth; the relay's `CECELIA_MAX_EVENT_DEPTH`. Default 64.
 * @property {number} [resubscribeMs] How long events are held after an outage, so that relays can subscribe again; unused with a stream. Default 500.
 * @property {number} [subscriberWaitMs] How long events wait for a subscriber after a connect or the last unsubscribe; unused with a stream. Default 3,000.
 * @property {(problem: Problem) => unknown} [onProblem] Called for each problem; absent: `console.warn`, at a bounded rate.
 */

const SOURCE_BYTES = 200; // The relay accepts 256; a random suffix follows.

/**
 * Adds the defaults of absent options.
 * @param {Options} options
 * @throws {TypeError} An option is invalid.
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
  check(url === undefined || isWord(url), 'url must be a Redis URL, for example redis://127.0.0.1:6379');
  check((redis === undefined) !== (url === undefined), 'give either redis or url');
  check(isWord(source) && Buffer.byteLength(source) <= SOURCE_BYTES, `source must be a string of 1 to ${SOURCE_BYTES} bytes`);
  check(isWord(channel), 'channel must be the name of a channel');
  check(stream === undefined || isWord(stream), 'stream must be the name of a key, or absent');
  const numbers = { maxEntries, maxBufferedEvents, maxBufferedBytes, maxEventBytes, maxEventDepth };
  for (const [name, value] of Object.entries(numbers))
    check(Number.isSafeInteger(value) && value > 0, `${name} must be an integer of 1 or more`);
  check(maxBufferedBytes >= maxEventBytes, 'maxBufferedBytes must have room for an event of maxEventBytes');
  for (const [name, value] of Object.entries({ resubscribeMs, subscriberWaitMs }))
    check(Number.isSafeInteger(value) && value >= 0, `${name} must be an integer of 0 or more`);
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
