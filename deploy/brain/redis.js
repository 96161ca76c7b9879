const SENTINEL_PORT = 26_379;
const FORM = 'CECELIA_REDIS_URL must be a Redis URL, for example redis://127.0.0.1:6379';

/**
 * Makes the options of an ioredis client from the relay's settings. With a Sentinel master the hosts of the URL are its Sentinels, and user, password and
 * database are those of the Redis nodes. ioredis then queries the Sentinels, and leaves the old primary when they announce a new one.
 * @param {object} settings
 * @param {string} settings.url `redis://[[USER]:PASSWORD@]HOST[:PORT][,HOST[:PORT]…][/DATABASE]`, or `rediss://`; several hosts only with a master.
 * @param {string} [settings.password] Password of the Redis nodes if the URL has none, not percent-encoded.
 * @param {string} [settings.master] The name of the master in the Sentinels' configuration.
 * @param {string} [settings.sentinelPassword] The Sentinels' own password.
 * @returns {{ options: import('ioredis').RedisOptions, place: string }} The options, and the address for log messages.
 * @throws {Error} A setting is invalid.
 */
export function redisOptions({ url: text, password: given, master, sentinelPassword }) {
  const parts = /^(rediss?:\/\/(?:.*@)?)([^/?]*)(.*)$/.exec(text);
  const hosts = parts?.[2]?.split(',') ?? [];
  // The URL class accepts one host only.
  const urls = hosts.map((host) => `${parts?.[1]}${host}${parts?.[3]}`).map((url) => (URL.canParse(url) ? new URL(url) : undefined));
  if (urls.length === 0 || urls.some((url) => !url?.hostname) || (!master && urls.length > 1)) throw new Error(FORM);
  const places = /** @type {URL[]} */ (urls).map((url) => ({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (master ? SENTINEL_PORT : 6379),
  }));
  const [{ protocol, username, password: written, pathname }] = /** @type {[URL]} */ (urls);
  if (given && written) throw new Error('CECELIA_REDIS_URL has a password, and CECELIA_REDIS_PASSWORD is set too; give one of them');
  const password = given || decodeURIComponent(written);
  if (!/^\/?\d{0,5}$/.test(pathname))
    throw new Error('CECELIA_REDIS_URL must end with the number of a database after the slash, or with nothing');
  const place = places.map(({ host, port }) => `${host}:${port}`).join(',');
  const tls = protocol === 'rediss:' ? {} : undefined;
  /** @type {import('ioredis').RedisOptions} */
  const node = {
    db: Number(pathname.slice(1)),
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password }),
    ...(tls && { tls }),
  };
  if (!master) return { options: { ...node, ...places[0] }, place };
  return {
    options: {
      ...node,
      sentinels: places,
      name: master,
      failoverDetector: true,
      ...(sentinelPassword && { sentinelPassword }),
      ...(tls && { sentinelTLS: tls, enableTLSForSentinelMode: true }),
    },
    place: `the master ${master} of the Sentinels ${place}`,
  };
}
