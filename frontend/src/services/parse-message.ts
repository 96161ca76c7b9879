import type { ErrorReason } from '../types/messages';
import { mergeExactly, parseJson } from './exact-json';
import type { InboundMessage, Problem } from './relay-connection';

/** A parsed message of the relay. */
export type Parsed =
  | { readonly kind: 'event' | 'relay'; readonly message: InboundMessage }
  | { readonly kind: 'pong' }
  | { readonly kind: 'problem'; readonly problem: Pick<Problem, 'kind' | 'message'> };

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const isString = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown) => typeof value === 'number';
const isBoolean = (value: unknown) => typeof value === 'boolean';
const orNull = (is: (value: unknown) => boolean) => (value: unknown) => value === null || is(value);
const isLink = (value: unknown) => isObject(value) && (value.status === 'live' || value.status === 'degraded');
const isAccess = (value: unknown) =>
  value === undefined || (isObject(value) && isString(value.user) && isString(value.role) && isNumber(value.expiresInMs));
const isSection = (value: unknown) =>
  value === undefined || (Array.isArray(value) && value.every((entity) => isObject(entity) && isString(entity.id)));

/** The members of the relay's own messages that this client depends on. Of events it depends on the envelope alone: their data belongs to the publisher. */
const required: Readonly<Record<string, Readonly<Record<string, (value: unknown) => boolean>>>> = {
  'relay:hello': { recovered: isBoolean, missed: orNull(isNumber), pingIntervalMs: isNumber, link: isLink, access: isAccess },
  'relay:snapshot': {
    part: isNumber,
    last: isBoolean,
    tasks: isSection,
    executor: isSection,
    executions: isSection,
    nodes: isSection,
    agents: isSection,
    projects: isSection,
  },
  'relay:gap': { cause: isString, missed: orNull(isNumber) },
  'relay:link': { status: (value) => value === 'live' || value === 'degraded' },
  'relay:ack': { id: isString, receivers: isNumber },
  'relay:error': { reason: isString, message: isString },
  'relay:token': { status: isString, expiresInMs: isNumber },
  'relay:bye': { code: isNumber, reconnect: isBoolean, retryAfterMs: orNull(isNumber) },
};

/**
 * Parses a message of the relay. Accepts `type` for `event`, as in the TaskTree format: a message with its name in another member must not be dropped
 * silently.
 */
export function parseMessage(text: unknown): Parsed {
  if (typeof text !== 'string') return problem('not_json', 'A binary message was received, which the relay never sends');
  let json: unknown;
  try {
    json = parseJson(text);
  } catch {
    return problem('not_json', 'A message was received that is not JSON');
  }
  if (!isObject(json)) return problem('not_a_message', 'A message was received that is not a JSON object');
  const { data, timestamp } = json;
  const name = json.event ?? json.type;
  if (typeof name !== 'string') return problem('not_a_message', 'A message was received without event and type');
  if (json.event === undefined && data === undefined) {
    if (name === 'pong') return { kind: 'pong' };
    // This message has no timestamp.
    if (name === 'error' && isString(json.message)) return refusal(json.reason, json.message, json.ref, new Date().toISOString());
  }
  if (!isObject(data)) return problem('not_a_message', `${name} was received without data`);
  if (typeof timestamp !== 'string') return problem('not_a_message', `${name} was received without a timestamp`);
  if (isPlainRefusal(json, data)) return refusal(data.reason, data.error, data.ref, timestamp);
  if (json.id !== undefined && !isString(json.id)) return problem('not_a_message', `${name} was received with an id that is not a string`);
  const message = (json.event === name ? json : mergeExactly(json, { event: name })) as unknown as InboundMessage;
  if (!name.startsWith('relay:')) return { kind: 'event', message };
  for (const [field, isValid] of Object.entries(Object.hasOwn(required, name) ? (required[name] ?? {}) : {})) {
    if (!isValid(data[field])) return problem('bad_relay_message', `${name} was received with an invalid ${field}`);
  }
  return { kind: 'relay', message };
}

/** The answers to a token, which a plain connection cannot send. */
type TokenReason = Extract<ErrorReason, `token_${string}` | 'role_required' | 'keys_unavailable'>;

/** The reasons of PROTOCOL.md, "Client messages" and "Commands"; the compiler checks them against the contracts. */
const reasons: Readonly<Record<Exclude<ErrorReason, TokenReason>, true>> = {
  bad_command: true,
  command_not_allowed: true,
  command_too_large: true,
  commands_disabled: true,
  commands_full: true,
  no_receiver: true,
  not_an_object: true,
  not_json: true,
  redis_unavailable: true,
  too_deep: true,
  too_many_commands: true,
  unknown_execution: true,
  unknown_message: true,
};

/**
 * Whether an `error` event is the relay's own answer to a message of this client: it has only the members that the relay writes, and one of its reasons. With
 * the subprotocol an event of a publisher also has an `id` or a `reply_to`.
 */
function isPlainRefusal(
  json: Fields,
  data: Fields,
): data is { readonly error: string; readonly reason: ErrorReason; readonly ref?: string } {
  return (
    json.event === 'error' &&
    Object.keys(json).every((key) => key === 'event' || key === 'data' || key === 'timestamp') &&
    Object.keys(data).every((key) => key === 'error' || key === 'reason' || key === 'ref') &&
    isString(data.error) &&
    isString(data.reason) &&
    Object.hasOwn(reasons, data.reason) &&
    (data.ref === undefined || isString(data.ref))
  );
}

/** Converts a refusal of the plain protocol to the `relay:error` of the subprotocol. */
function refusal(reason: unknown, message: string, ref: unknown, timestamp: string): Parsed {
  // A later relay may have reasons that are not in the types.
  const data = { reason: String(reason) as ErrorReason, message, ...(isString(ref) && { ref }) };
  return { kind: 'relay', message: { event: 'relay:error', data, timestamp } };
}

function problem(kind: Problem['kind'], message: string): Parsed {
  return { kind: 'problem', problem: { kind, message } };
}
