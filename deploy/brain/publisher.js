import { randomBytes } from 'node:crypto';
import { encode } from './envelope.js';

/** @typedef {import('./envelope.js').BrainEvent} BrainEvent */
export { EventRefusedError } from './envelope.js';

const SOURCE_BYTES = 200; // The relay takes 256; a random rest follows.

/** The event was not published, or nobody knows, or (the message says so) the stream lacks it. Its number is used up, so that the loss is seen. */
export class PublishFailedError extends Error {
  name = 'PublishFailedError';

  /** @param {string} source @param {number} seq @param {Error & { previousErrors?: Error[] }} cause */
  constructor(source, seq, cause) {
    // An aborted EXEC alone does not say what Redis has against the event; the errors before it do.
    const reasons = cause.previousErrors?.length ? cause.previousErrors : [cause];
    super(`event ${seq} of ${source}: ${reasons.map((reason) => reason.message).join('; ')}`, { cause });
    this.seq = seq;
  }
}

/**
 * Publishes events that carry `source` and `seq`, by which a relay notices what was lost on the way and drops what comes twice. The source is another one
 * for each publisher made, so that numbers begin at 1. Events go out in the order of the calls, awaited or not.
 * @param {object} options
 * @param {import('ioredis').Redis} options.redis A connected ioredis client that subscribes to nothing; stays the caller's.
 * @param {string} options.source Who publishes, such as `brain`: at most 200 bytes.
 * @param {string} [options.channel]
 * @param {string} [options.stream] Key of a Redis Stream that keeps each event beside the PUBLISH; absent: none does.
 * @param {number} [options.maxEntries] About how many entries it keeps; Redis lets go of the oldest in blocks of 100 or so.
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
    /** The name and a random rest. */
    source,

    /** The last number used; 0 before the first. */
    get last() {
      return last;
    },

    /**
     * Resolves to the number of subscribers that Redis handed the event to. Rejects with EventRefusedError, which uses no number, or PublishFailedError.
     * @param {BrainEvent} event Read before this returns.
     * @returns {Promise<number>}
     */
    async publish(event) {
      const payload = encode(source, last + 1, event);
      const seq = ++last;
      try {
        // Handed to the client before anything is awaited: so nothing overtakes.
        return await (stream === undefined ? redis.publish(channel, payload) : appendAndPublish(redis, { channel, stream, maxEntries }, payload));
      } catch (error) {
        throw new PublishFailedError(source, seq, /** @type {Error} */ (error));
      }
    },
  };
}

/**
 * Each payload is kept in the stream and published, all at one point of Redis' order, so that the stream holds the events as the subscribers get them.
 * A command that fails while EXEC runs does not take the others back: so there is an outcome for each.
 * @param {import('ioredis').Redis} redis
 * @param {{ channel: string, stream: string, maxEntries: number }} to
 * @param {string[]} payloads
 */
export async function keepAndPublish(redis, { channel, stream, maxEntries }, payloads) {
  const all = redis.multi();
  for (const payload of payloads) all.xadd(stream, 'MAXLEN', '~', maxEntries, '*', 'p', payload).publish(channel, payload);
  const replies = await all.exec();
  if (replies === null) throw new Error('not published: a key that this connection watches was changed');
  return payloads.map((_, index) => {
    const [notKept] = replies[2 * index];
    const [notPublished, receivers] = replies[2 * index + 1];
    return { notKept, notPublished, receivers: Number(receivers) };
  });
}

/** @param {import('ioredis').Redis} redis @param {{ channel: string, stream: string, maxEntries: number }} to @param {string} payload */
async function appendAndPublish(redis, to, payload) {
  const [{ notKept, notPublished, receivers }] = await keepAndPublish(redis, to, [payload]);
  if (notKept) throw new Error(`published, but not kept in ${to.stream}: ${notKept.message}`, { cause: notKept });
  if (notPublished) throw new Error(`kept in ${to.stream}, but not published: ${notPublished.message}`, { cause: notPublished });
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
