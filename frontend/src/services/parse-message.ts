import type { ErrorReason } from '../types/messages';
import { mergeExactly, parseJson } from './exact-json';
import type { InboundMessage, Problem } from './relay-connection';

/** What a text from the relay is. */
export type Parsed =
  | { readonly kind: 'event' | 'relay'; readonly message: InboundMessage }
  | { readonly kind: 'pong' }
  /** Without the subprotocol: the client's message could not be used. */
  | { readonly kind: 'error'; readonly reason: ErrorReason | (string & {}); readonly message: string; readonly ref: string | undefined }
  | { readonly kind: 'problem'; readonly problem: Pick<Problem, 'kind' | 'message'> };

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const isString = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown) => typeof value === 'number';
const isBoolean = (value: unknown) => typeof value === 'boolean';
const orNull = (is: (value: unknown) => boolean) => (value: unknown) => value === null || is(value);
const isLink = (value: unknown) => isObject(value) && (value.state === 'live' || value.state === 'degraded');
const isSection = (value: unknown) =>
  value === undefined || (Array.isArray(value) && value.every((entity) => isObject(entity) && isString(entity.id)));

/** What this client relies on in the relay's own messages. Of events it relies on nothing but the envelope: their data is the publisher's. */
const relied: Readonly<Record<string, Readonly<Record<string, (value: unknown) => boolean>>>> = {
  'relay:hello': { recovered: isBoolean, missed: orNull(isNumber), pingIntervalMs: isNumber, link: isLink },
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
  'relay:state': { state: (value) => value === 'live' || value === 'degraded' },
  'relay:ack': { id: isString, receivers: isNumber },
  'relay:error': { reason: isString, message: isString },
  'relay:bye': { code: isNumber, reconnect: isBoolean, retryAfterMs: orNull(isNumber) },
};

/** Reads a text from the relay. It takes `type` for `event`, as System B's clients get it: a message whose name stands elsewhere must not vanish in silence. */
export function parseMessage(text: unknown): Parsed {
  if (typeof text !== 'string') return problem('not_json', 'A binary message came, and the relay sends none');
  let json: unknown;
  try {
    json = parseJson(text);
  } catch {
    return problem('not_json', 'A message came that is not JSON');
  }
  if (!isObject(json)) return problem('not_a_message', 'A message came that is no JSON object');
  const { data, timestamp } = json;
  const name = json.event ?? json.type;
  if (typeof name !== 'string') return problem('not_a_message', 'A message came with neither event nor type');
  if (json.event === undefined && data === undefined) {
    if (name === 'pong') return { kind: 'pong' };
    if (name === 'error' && isString(json.message)) {
      return {
        kind: 'error',
        reason: String(json.reason),
        message: json.message,
        ref: isString(json.ref) ? json.ref : undefined,
      };
    }
  }
  if (!isObject(data)) return problem('not_a_message', `${name} came without data`);
  if (typeof timestamp !== 'string') return problem('not_a_message', `${name} came without a timestamp`);
  if (json.id !== undefined && !isString(json.id)) return problem('not_a_message', `${name} came with an id that is no text`);
  const message = (json.event === name ? json : mergeExactly(json, { event: name })) as unknown as InboundMessage;
  if (!name.startsWith('relay:')) return { kind: 'event', message };
  for (const [field, isRight] of Object.entries(Object.hasOwn(relied, name) ? (relied[name] ?? {}) : {})) {
    if (!isRight(data[field])) return problem('bad_relay_message', `${name} came with a ${field} that is none`);
  }
  return { kind: 'relay', message };
}

function problem(kind: Problem['kind'], message: string): Parsed {
  return { kind: 'problem', problem: { kind, message } };
}
