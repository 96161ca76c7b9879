import { setTimeout as delay } from 'node:timers/promises';
import { keepAndPublish } from './publisher.js';

/** @typedef {import('ioredis').Redis} Redis */
/** @typedef {import('ioredis').RedisOptions} RedisOptions */

// Only one batch is in flight, so events keep their order, and after a disconnect only these events have an unknown outcome.
const BATCH_EVENTS = 256;
const BATCH_BYTES = 262_144;
const CONNECT_MS = 5000;
const ANSWER_MS = 3000; // As in the relay: a Redis that does not respond for this time counts as unavailable.
const RETRY_MS = [100, 250, 500, 1000];
const SUBSCRIBER_POLL_MS = 100;

/**
 * Options of a new connection. ioredis itself neither queues nor retries, because its queue cannot be inspected.
 * @type {RedisOptions}
 */
const FRESH = {
  lazyConnect: true,
  connectTimeout: CONNECT_MS,
  retryStrategy: () => null,
  reconnectOnError: null,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  enableAutoPipelining: false,
  maxRetriesPerRequest: null,
};

/**
 * Publishes the events of a buffer in order, until it is closed, and reconnects by itself. A batch that was in flight when a connection ended is sent again
 * with the same numbers: its outcome is unknown, and a relay drops duplicates.
 * @param {object} options
 * @param {(options: RedisOptions) => Redis} options.open Creates a client with these options that is not connected yet.
 * @param {ReturnType<typeof import('./buffer.js').createBuffer>} options.buffer
 * @param {string} options.channel
 * @param {string | undefined} options.stream
 * @param {number} options.maxEntries
 * @param {number} options.resubscribeMs
 * @param {number} options.subscriberWaitMs
 * @param {(reason: 'redis_lost' | 'redis_refused' | 'not_kept', error: unknown) => void} options.onTrouble Never throws.
 */
export function createSender({ open, buffer, channel, stream, maxEntries, resubscribeMs, subscriberWaitMs, onTrouble }) {
  const stopping = new AbortController();
  /** @type {Redis | undefined} */
  let redis;
  let wake = () => {};
  let isClosing = false;
  let isHeard = false;
  let wasAway = false;
  let waitsUntil = 0;
  let receiversBefore = 0;
  let published = 0;
  let repeated = 0;
  /** @type {{ host: string, port: number } | undefined} */
  let moved; // The node of a Redis Cluster that has the stream, if it is not the one in the options.
  let unknown = 0; // Number of events at the front that were sent and whose outcome is unknown.
  const running = run();

  async function run() {
    for (let failures = 0; !stopping.signal.aborted && !(isClosing && buffer.length === 0);) {
      try {
        redis ??= await connect();
        wasAway = false;
        if (redis.status !== 'ready') throw new Error('the connection ended');
        if (buffer.length > 0) await publishNext(redis);
        else if (!isClosing) await new Promise((resolve) => (wake = () => resolve(undefined)));
        failures = 0;
      } catch (error) {
        redis?.disconnect();
        redis = undefined;
        wasAway ||= !isReply(error);
        if (stopping.signal.aborted) break;
        // After any other failure, use the node of the options again: the previous one may no longer exist.
        moved = movedTo(error);
        if (moved && failures++ === 0) continue;
        onTrouble(isReply(error) ? 'redis_refused' : 'redis_lost', error);
        await pause(Math.random() * (RETRY_MS[failures++] ?? /** @type {number} */ (RETRY_MS.at(-1))));
      }
    }
    redis?.disconnect();
    redis = undefined;
  }

  async function connect() {
    const client = moved ? open(FRESH).duplicate(moved) : open(FRESH);
    /** @type {unknown} */
    let reason;
    client.on('error', (error) => (reason = error));
    client.once('end', () => {
      if (redis === client) {
        redis = undefined;
        wasAway = true;
      }
      wake();
    });
    try {
      await within(CONNECT_MS, client.connect());
    } catch (error) {
      client.disconnect();
      throw reason ?? error;
    }
    isHeard = stream !== undefined;
    // Subscribers reconnect too. Events published before they have subscribed again may be lost to them.
    if (wasAway && !isHeard) await pause(resubscribeMs);
    waitsUntil = performance.now() + subscriberWaitMs;
    return client;
  }

  /** @param {Redis} client */
  async function publishNext(client) {
    const batch = buffer.take(isHeard ? BATCH_EVENTS : 1, BATCH_BYTES);
    const payloads = batch.map((event) => event.payload);
    repeated += Math.min(unknown, batch.length);
    unknown = Math.max(unknown, batch.length);
    const { done, receivers, failure } = await within(
      ANSWER_MS,
      stream === undefined ? publish(client, payloads) : keep(client, stream, payloads),
    );
    unknown -= failure && !isReply(failure) ? done : batch.length;
    if (!failure && stream === undefined) {
      // The last subscriber has unsubscribed: usually a relay that reconnects.
      if (receivers === 0 && receiversBefore > 0) {
        isHeard = false;
        waitsUntil = performance.now() + subscriberWaitMs;
      }
      receiversBefore = receivers;
    }
    if (!failure && !isHeard) {
      isHeard = receivers > 0 || performance.now() >= waitsUntil;
      // A relay usually subscribes again within 250 ms: publish the same event again until a subscriber receives it.
      if (!isHeard) return pause(SUBSCRIBER_POLL_MS);
    }
    published += done;
    buffer.remove(done);
    if (failure) throw failure;
  }

  /** @param {Redis} client @param {string[]} payloads */
  async function publish(client, payloads) {
    const replies = (await client.pipeline(payloads.map((payload) => ['publish', channel, payload])).exec()) ?? [];
    const failed = replies.findIndex(([error]) => error);
    if (failed >= 0) return { done: failed, receivers: 0, failure: replies[failed]?.[0] };
    return { done: replies.length, receivers: Number(replies.at(-1)?.[1]) };
  }

  /** @param {Redis} client @param {string} key @param {string[]} payloads */
  async function keep(client, key, payloads) {
    const replies = await keepAndPublish(client, { channel, stream: key, maxEntries }, payloads);
    for (const { notKept } of replies) if (notKept) onTrouble('not_kept', notKept);
    const failed = replies.findIndex(({ notPublished }) => notPublished);
    if (failed >= 0) return { done: failed, receivers: 0, failure: replies[failed]?.notPublished };
    return { done: replies.length, receivers: replies.at(-1)?.receivers ?? 0 };
  }

  /** @param {number} ms */
  async function pause(ms) {
    await delay(ms, undefined, { signal: stopping.signal }).catch(() => {}); // Aborted by close.
  }

  /**
   * @template T
   * @param {number} ms
   * @param {Promise<T>} promise
   * @returns {Promise<T>}
   */
  function within(ms, promise) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no response from Redis within ${ms} ms`)), ms);
      const stop = () => reject(stopping.signal.reason);
      stopping.signal.addEventListener('abort', stop, { once: true });
      promise.then(resolve, reject).finally(() => {
        clearTimeout(timer);
        stopping.signal.removeEventListener('abort', stop);
      });
    });
  }

  return {
    get isConnected() {
      return redis?.status === 'ready';
    },

    counts: () => ({ published, repeated }),

    /** Signals that the buffer is not empty. */
    wake: () => wake(),

    /**
     * Publishes the waiting events until the timeout, and closes. Never rejects.
     * @param {number} timeoutMs
     */
    async close(timeoutMs) {
      isClosing = true;
      wake();
      const late = setTimeout(() => {
        stopping.abort();
        redis?.disconnect();
        wake();
      }, timeoutMs);
      await running;
      clearTimeout(late);
    },
  };
}

/** @param {unknown} error */
function isReply(error) {
  return error instanceof Error && (error.name === 'ReplyError' || 'previousErrors' in error);
}

/**
 * Parses the node of a Redis Cluster that has the stream: `MOVED 6055 10.0.0.2:7001`.
 * @param {unknown} error
 */
function movedTo(error) {
  if (!(error instanceof Error)) return undefined;
  const previous = /** @type {Error & { previousErrors?: Error[] }} */ (error).previousErrors ?? [];
  for (const { message } of [error, ...previous]) {
    const [, host, port] = /^MOVED \d+ (.+):(\d+)$/.exec(message) ?? [];
    if (host) return { host, port: Number(port) };
  }
  return undefined;
}
