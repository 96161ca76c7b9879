import { until } from './programs.js';
import { startBrain } from './real-brain.js';
import { startRedis } from './real-redis.js';

/** A Brain with its own Redis. `command` publishes a command as the relay does, and returns the reply. */
export async function start(t, settings) {
  const redis = await startRedis(t);
  const client = await redis.connect();
  const events = collect(await redis.subscribe('cecelia:events'));
  const brain = await startBrain(t, redis.url, settings);
  // It subscribes while it starts listening.
  await until(async () => (await client.pubsub('NUMSUB', 'cecelia:commands'))[1] > 0, brain.output);
  let sent = 0;
  const command = async (wish) => {
    const id = `c${++sent}`;
    await client.publish('cecelia:commands', JSON.stringify({ ...wish, id, connection: 'x', timestamp: new Date().toISOString() }));
    return (await events.until(({ reply_to }) => reply_to === id)).at(-1);
  };
  return { redis, events, brain, command };
}

/** All events so far, from the first; `until` waits for one and returns all up to it. */
export function collect(subscriber) {
  const seen = [];
  return {
    all: () => seen.concat(subscriber.rest().map(JSON.parse)),
    async until(isIt) {
      for (let index = 0; ; index++) {
        if (index === seen.length) seen.push(JSON.parse((await subscriber.take(1))[0]));
        if (isIt(seen[index], seen.slice(0, index + 1))) return seen.slice(0, index + 1);
      }
    },
  };
}
