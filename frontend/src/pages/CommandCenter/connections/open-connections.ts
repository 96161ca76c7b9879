import { isObject } from '../../../features/relay/relay-api';
import { formatBytes } from '../../../format/format-time';
import { t } from '../../../i18n/messages';

/** An open connection of an instance. */
export interface OpenConnection {
  readonly id: string;
  readonly instance: string;
  /** The name in the `relay:hello` of the connection. */
  readonly name: string;
  readonly address: string;
  /** Empty: the request named none; `null`: the name cannot be used. */
  readonly user: string | null;
  readonly transport: string;
  readonly format: string;
  readonly compressed: boolean;
  readonly filter: string;
  /** RFC 3339. */
  readonly since: string;
  readonly lagEvents: number;
  readonly lagBytes: number;
  readonly delivered: number;
  readonly skipped: number;
  readonly resumes: number;
  /** Why it is being closed; empty: it is not. */
  readonly closing: string;
}

/** The columns of the export. */
export const connectionColumns = (
  [
    ...(['id', 'instance', 'name', 'address', 'user', 'transport', 'format', 'compressed', 'filter', 'since'] as const),
    ...(['lagEvents', 'lagBytes', 'delivered', 'skipped', 'resumes', 'closing'] as const),
  ] as const
).map((name) => ({ name, value: (connection: OpenConnection) => connection[name] }));

/** Which instances have answered. */
interface Answered {
  readonly answered: number;
  /** Number of instances that exist, as far as that is known. */
  readonly of: number;
  /** Those that did not answer; some may have no name. */
  readonly missing: readonly string[];
  readonly unnamed: number;
  /** Why others could not be asked; empty: they were. */
  readonly reason: string;
}

export interface OpenConnections extends Answered {
  readonly open: number;
  /** Number of connections that are not listed. */
  readonly more: number;
  /** Those that are furthest behind first. */
  readonly connections: readonly OpenConnection[];
}

/** @throws TypeError if the response has another shape. */
export function parseConnections(response: unknown): OpenConnections {
  const instances = instancesOf(response);
  const connections = instances.flatMap((one) => {
    if (!Array.isArray(one.connections)) throw new TypeError('The response of the relay contains no list of connections');
    return (one.connections as readonly unknown[]).map((connection) => parseConnection(connection, textOf(one.instance)));
  });
  const sum = (name: string) => instances.reduce((total, one) => total + numberOf(one[name]), 0);
  return {
    ...answeredOf(response),
    open: sum('open'),
    more: sum('more'),
    connections: connections.sort((a, b) => b.lagEvents - a.lagEvents || (a.since < b.since ? -1 : 1)),
  };
}

/** The outcome of closing one connection, as a sentence. @throws TypeError if the response has another shape. */
export function closedText(response: unknown): string {
  const closed = instancesOf(response).some((one) => Array.isArray(one.closed) && one.closed.length > 0);
  if (closed) return t('connections.closed');
  const missing = missingText(answeredOf(response));
  return missing === null ? t('connections.closed.before') : t('connections.closed.unknown', { why: missing });
}

/** Describes which instances did not answer; `null` if all did. The `reason` is a sentence of the relay, which is in English, and is shown beside it. */
export function missingText({ answered, of, missing, unnamed, reason }: Answered): string | null {
  if (answered >= of && reason === '') return null;
  const names = [...missing, ...(unnamed > 0 ? [t('connections.answered.unnamed', { count: unnamed })] : [])].join(', ');
  const values = { count: answered, all: of, names };
  return names === '' ? t('connections.answered', values) : t('connections.answered.missing', values);
}

/** Describes how far a client is behind. */
export function lagText({ lagEvents, lagBytes }: Pick<OpenConnection, 'lagEvents' | 'lagBytes'>): string {
  return lagEvents === 0 ? t('connections.behind.none') : t('connections.behind', { count: lagEvents, size: formatBytes(lagBytes) });
}

/** The user of a connection. */
export function userText({ user }: Pick<OpenConnection, 'user'>): string {
  if (user === null) return t('connections.user.unusable');
  return user === '' ? t('connections.user.none') : user;
}

function instancesOf(response: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (!isObject(response) || !Array.isArray(response.instances) || !response.instances.every(isObject))
    throw new TypeError('The response of the relay contains no list of instances');
  return response.instances;
}

function answeredOf(response: unknown): Answered {
  const { answered, of, missing, unnamed, reason } = isObject(response) ? response : {};
  return {
    answered: numberOf(answered),
    of: numberOf(of),
    missing: Array.isArray(missing) ? missing.map(String) : [],
    unnamed: unnamed === undefined ? 0 : numberOf(unnamed),
    reason: textOf(reason),
  };
}

function parseConnection(one: unknown, instance: string): OpenConnection {
  if (!isObject(one) || !isObject(one.lag)) throw new TypeError('The response of the relay contains an invalid connection');
  return {
    id: textOf(one.id),
    instance,
    name: textOf(one.connection),
    address: textOf(one.address),
    user: one.user === null ? null : textOf(one.user),
    transport: textOf(one.transport),
    format: textOf(one.format),
    compressed: one.compressed === true,
    filter: filterText(isObject(one.filter) ? one.filter : {}),
    since: textOf(one.since),
    lagEvents: numberOf(one.lag.events),
    lagBytes: numberOf(one.lag.bytes),
    delivered: numberOf(one.delivered),
    skipped: numberOf(one.skipped),
    resumes: numberOf(one.resumes),
    closing: textOf(one.closing),
  };
}

/** `every event`, or such as `project p1, p2 +3 · events task:*`. */
function filterText(filter: Readonly<Record<string, unknown>>): string {
  const parts = ['project', 'task', 'execution', 'events'].flatMap((name) => {
    const values = filter[name];
    if (!Array.isArray(values)) return [];
    const more = filter[`${name}_more`];
    return [`${name} ${values.map(String).join(', ')}${typeof more === 'number' ? ` +${more}` : ''}`];
  });
  return parts.length === 0 ? t('connections.filter.none') : parts.join(' · ');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function numberOf(value: unknown): number {
  if (typeof value !== 'number') throw new TypeError('The response of the relay contains a non-numeric count');
  return value;
}
