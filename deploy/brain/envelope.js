/**
 * An event (Relay/PROTOCOL.md, "Published events").
 * @typedef {object} BrainEvent
 * @property {string} [event] The name, 1 to 128 bytes, such as `task:created`; this or `type`.
 * @property {string} [type] The name, as in the TaskTree and Execution formats.
 * @property {object} [data] What happened; absent means `{}`.
 * @property {string | Date | null} [timestamp] RFC 3339; set if absent.
 * @property {string | number | null} [project_id]
 * @property {string | number | null} [execution_id]
 * @property {string | null} [node_id]
 * @property {string | number | null} [id] The publisher's own id of the event.
 * @property {string | null} [reply_to] `id` of the command that the event replies to.
 * @property {string | null} [traceparent] W3C Trace Context of the span that publishes it; the relay ignores an invalid one.
 */

/** The event was refused. `reason` is the relay's reason (PROTOCOL.md, "Refused events"), or `already_numbered`. */
export class EventRefusedError extends Error {
  name = 'EventRefusedError';

  /** @param {string} reason @param {string} detail @param {unknown} [cause] */
  constructor(reason, detail, cause) {
    super(`${reason}: ${detail}`, { cause });
    this.reason = reason;
    this.detail = detail;
  }
}

const FIELDS = new Set(['event', 'type', 'data', 'timestamp', 'project_id', 'execution_id', 'node_id', 'id', 'reply_to', 'traceparent']);
const NAME_BYTES = 128;

/** Maximum size in bytes of an id or another key of an event. */
export const KEY_BYTES = 256;

/**
 * Returns the event as JSON, with its number and a timestamp. Refuses what the relay would refuse because of its envelope. The relay checks size, depth and
 * the checked fields of known events, because they depend on its settings.
 * @param {string} source
 * @param {number} seq
 * @param {BrainEvent} event
 * @throws {EventRefusedError}
 */
export function encode(source, seq, event) {
  refuseUnless(isObject(event), 'not_an_object', 'an event must be an object');
  refuseUnless(!('source' in event || 'seq' in event), 'already_numbered', 'source and seq are set by createPublisher');
  checkName(event);
  checkData(event);
  for (const field of /** @type {const} */ (['project_id', 'execution_id', 'id'])) {
    refuseUnless(
      isId(event[field]) || Number.isSafeInteger(event[field]),
      'bad_field',
      `${field} must be a string or an integer of at most ${KEY_BYTES} bytes`,
    );
  }
  for (const field of /** @type {const} */ (['node_id', 'reply_to']))
    refuseUnless(isId(event[field]), 'bad_field', `${field} must be a string of at most ${KEY_BYTES} bytes`);
  const timestamp = timeOf(event);
  try {
    // The number comes first, because the relay shows the beginning of a refused payload.
    return JSON.stringify({ source, seq, ...event, timestamp });
  } catch (error) {
    throw new EventRefusedError('not_json', error instanceof Error ? error.message : String(error), error);
  }
}

/** @param {BrainEvent} event */
function checkName(event) {
  const names = [event.event, event.type].filter((name) => name !== undefined);
  refuseUnless(names.length > 0, 'no_event', 'the envelope has neither event nor type');
  for (const name of names) {
    const isName = name !== '' && isText(name, NAME_BYTES) && !/\p{Cc}/u.test(name);
    refuseUnless(isName, 'bad_name', `the event's name must be 1 to ${NAME_BYTES} bytes of text without control characters`);
    refuseUnless(!name.startsWith('relay:'), 'bad_name', 'names that begin with relay: are reserved for the relay');
  }
  refuseUnless(names[0] === names.at(-1), 'two_names', 'event and type differ');
}

/** @param {BrainEvent} event */
function checkData(event) {
  if (event.data !== undefined) return refuseUnless(isObject(event.data), 'bad_data', 'data must be an object');
  // Flat messages of the Execution format: their fields are the data.
  if (['status', 'error'].includes(/** @type {string} */ (event.event ?? event.type))) return;
  const isBare = Object.entries(event).every(([field, value]) => FIELDS.has(field) || value === undefined);
  refuseUnless(isBare, 'no_data', 'the envelope has no data, and its other fields are not forwarded: move the fields into data');
}

/** @param {BrainEvent} event */
function timeOf({ timestamp }) {
  const text = timestamp instanceof Date ? timestamp.toJSON() : (timestamp ?? new Date().toISOString());
  const isTime = typeof text === 'string' && /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d/.test(text);
  refuseUnless(isTime, 'bad_timestamp', 'timestamp must be a Date, or a string like 2026-02-06T08:30:00.000Z (RFC 3339)');
  return text;
}

/** @param {unknown} good @param {string} reason @param {string} detail */
function refuseUnless(good, reason, detail) {
  if (!good) throw new EventRefusedError(reason, detail);
}

/** @param {unknown} value */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param {unknown} value */
function isId(value) {
  return value === undefined || value === null || isText(value, KEY_BYTES);
}

/** True for text without a lone surrogate. @param {unknown} value @param {number} maxBytes */
export function isText(value, maxBytes) {
  return typeof value === 'string' && Buffer.byteLength(value) <= maxBytes && !/\p{Cs}/u.test(value);
}
