import { randomBytes } from 'node:crypto';
import { encode } from './envelope.js';

/** @typedef {import('./envelope.js').BrainEvent} BrainEvent */
export { EventRefusedError } from './envelope.js';

const SOURCE_BYTES = 200; // The relay accepts 256; a random suffix follows.

/** The event was not published, its outcome is unknown, or (as the message says) it is not in the stream. Its number is used, so that a loss is detected. */
export class PublishFailedError extends Error {
  name = 'PublishFailedError';

  /** @param {string} source @param {number} seq @param {Error & { previousErrors?: Error[] }} cause */
  constructor(source, seq, cause) {
    // The error of an aborted EXEC has no cause; the errors before it do.
    const reasons = cause.previousErrors?.length ? cause.previousErrors : [cause];
    super(`event ${seq} of ${source}: ${reasons.map((reason) => reason.message).join('; ')}`, { cause });
    this.seq = seq;
  }
}

/**
 * Publishes events with `source` and `seq`, with which a relay detects lost events and drops duplicates. Each publisher has a new source, so that its
 * numbers begin at 1. Events are published in the order of the calls, awaited or not.
 * @param {object} options
 * @param {import('ioredis').Redis} options.redis A connected ioredis client without subscriptions; owned by the caller.
 * @param {string} options.source Name of the publisher, such as `brain`; at most 200 bytes.
 * @param {string} [options.channel]
 * @param {string} [options.stream] Key of a Redis Stream in which each event is also stored; absent: none.
 * @param {number} [options.maxEntries] Approximate maximum number of its entries; Redis removes the oldest in blocks of about 100.
 */
export function createPublisher({ redis, source: name, channel = 'cecelia:events', stream, maxEntries = 10_000 }) {
  check(typeof redis?.publish === 'function' && typeof redis.xadd === 'function', 'redis must be an ioredis client');
  check(isWord(name) && Buffer.byteLength(name) <= SOURCE_BYTES, `source must be a string of 1 to ${SOURCE_BYTES} bytes`);
  check(isWord(channel), 'channel must be the name of a channel');
  check(stream === undefined || isWord(stream), 'stream must be the name of a key, or absent');
  check(Number.isSafeInteger(maxEntries) && maxEntries > 0, 'maxEntries must be an integer of 1 or more');
  const source = `${name}-${randomBytes(4).toString('hex')}`;
  let last = 0;

  return {
    /** The name and a random suffix. */
    source,

    /** The last number used; 0 before the first. */
    get last() {
      return last;
    },

    /**
     * Resolves to the number of subscribers that received the event. Rejects with EventRefusedError, which uses no number, or PublishFailedError.
     * @param {BrainEvent} event Read before this returns.
     * @returns {Promise<number>}
     */
    async publish(event) {
      const payload = encode(source, last + 1, event);
      const seq = ++last;
      try {
        // Passed to the client before the first await, so that events keep their order.
        return await (stream === undefined
          ? redis.publish(channel, payload)
          : appendAndPublish(redis, { channel, stream, maxEntries }, payload));
      } catch (error) {
        throw new PublishFailedError(source, seq, /** @type {Error} */ (error));
      }
    },
  };
}

/**
 * Stores each payload in the stream and publishes it, all at one point of Redis' order, so that the stream has the order that subscribers see.
 * A command that fails during EXEC does not undo the others, so each has its own outcome.
 * @param {import('ioredis').Redis} redis
 * @param {{ channel: string, stream: string, maxEntries: number }} to
 * @param {string[]} payloads
 */
export async function keepAndPublish(redis, { channel, stream, maxEntries }, payloads) {
  const all = redis.multi();
  for (const payload of payloads) all.xadd(stream, 'MAXLEN', '~', maxEntries, '*', 'p', payload).publish(channel, payload);
  const replies = await all.exec();
  if (replies === null) throw new Error('not published: the transaction was aborted');
  return payloads.map((_, index) => {
    const [notKept] = replies[2 * index];
    const [notPublished, receivers] = replies[2 * index + 1];
    return { notKept, notPublished, receivers: Number(receivers) };
  });
}

/** @param {import('ioredis').Redis} redis @param {{ channel: string, stream: string, maxEntries: number }} to @param {string} payload */
async function appendAndPublish(redis, to, payload) {
  const [{ notKept, notPublished, receivers }] = await keepAndPublish(redis, to, [payload]);
  if (notKept) throw new Error(`published, but not stored in ${to.stream}: ${notKept.message}`, { cause: notKept });
  if (notPublished) throw new Error(`stored in ${to.stream}, but not published: ${notPublished.message}`, { cause: notPublished });
  return receivers;
}

/** @param {unknown} value */
function isWord(value) {
  return typeof value === 'string' && value !== '';
}

/** @param {unknown} good @param {string} message */
function check(good, message) {
  if (!good) throw new TypeError(message);
}
