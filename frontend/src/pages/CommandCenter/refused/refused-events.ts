import { isObject } from '../../../features/relay/relay-api';

/** An event that the relay did not accept. */
export interface RefusedEvent {
  /** RFC 3339. */
  readonly time: string;
  readonly reason: string;
  readonly detail: string;
  readonly channel: string;
  /** Size of the whole payload. */
  readonly bytes: number;
  /** Start of the payload. */
  readonly excerpt: string;
}

export interface RefusedEvents {
  /** Count per reason since the relay started; 0 for reasons without events. */
  readonly counts: readonly { readonly reason: string; readonly count: number }[];
  /** The most recent refused events, newest first. */
  readonly kept: readonly RefusedEvent[];
}

/** Event counts since the relay started. */
export interface EventTotals {
  readonly received: number;
  readonly accepted: number;
}

/** @throws TypeError if the response has another shape. */
export function parseRefusedEvents(response: unknown): RefusedEvents {
  if (!isObject(response) || !isObject(response.counts) || !Array.isArray(response.kept))
    throw new TypeError('The response of the relay contains no list of refused events');
  const counts = Object.entries(response.counts).map(([reason, count]) => ({ reason, count: numberOf(count) }));
  return { counts: counts.sort((a, b) => b.count - a.count), kept: (response.kept as readonly unknown[]).map(parseRefused) };
}

/** @throws TypeError if the response has another shape. */
export function parseTotals(response: unknown): EventTotals {
  if (!isObject(response) || !isObject(response.events)) throw new TypeError('The response of the relay contains no event counts');
  return { received: numberOf(response.events.received), accepted: numberOf(response.events.accepted) };
}

function parseRefused(one: unknown): RefusedEvent {
  if (!isObject(one)) throw new TypeError('The response of the relay contains an invalid refused event');
  const text = (name: string) => {
    const value = one[name];
    return typeof value === 'string' ? value : '';
  };
  return {
    time: text('time'),
    reason: text('reason'),
    detail: text('detail'),
    channel: text('channel'),
    bytes: numberOf(one.bytes),
    excerpt: text('excerpt'),
  };
}

function numberOf(value: unknown): number {
  if (typeof value !== 'number') throw new TypeError('The response of the relay contains a non-numeric count');
  return value;
}

const explanations: Readonly<Record<string, string>> = {
  empty: 'The payload is empty.',
  too_large: 'The payload is larger than CECELIA_MAX_EVENT_BYTES.',
  invalid_utf8: 'The payload is not UTF-8.',
  not_json: 'The payload is not a single valid JSON document.',
  not_an_object: 'The payload is JSON, but not an object.',
  too_deep: 'The payload is nested deeper than CECELIA_MAX_EVENT_DEPTH.',
  too_many_fields: 'The envelope has more than 64 fields.',
  no_event: 'The envelope has neither event nor type.',
  two_names: 'The fields event and type have different values.',
  bad_name: 'The event name is not a string, is empty or too long, or contains control characters.',
  duplicate_field: 'The envelope contains a field twice.',
  no_data: 'The envelope has no data field, and the other fields are not forwarded to clients.',
  bad_data: 'data is not an object, or one of its fields has an invalid value.',
  bad_timestamp: 'The timestamp is not RFC 3339.',
  bad_field: 'A field of the envelope has the wrong type or is too long.',
  duplicate: 'An event with the same source and seq was received before.',
};

const corrections: Readonly<Record<string, string>> = {
  empty: 'Publish one JSON object, such as {"event":"log","data":{}}.',
  too_large: 'Reduce the payload, or raise CECELIA_MAX_EVENT_BYTES.',
  invalid_utf8: 'Encode the text as UTF-8.',
  not_json: 'Generate the payload with a JSON serializer.',
  not_an_object: 'Publish an object: {"event":"…","data":{…}}.',
  too_deep: 'Reduce the nesting, or raise CECELIA_MAX_EVENT_DEPTH.',
  too_many_fields: 'Move fields from the envelope into data.',
  no_event: 'Add the field "event" with the event name.',
  two_names: 'Send event or type, not both.',
  bad_name: 'Use a short string as the event name.',
  duplicate_field: 'Send each field once.',
  no_data: 'Move the fields into data.',
  duplicate: 'Use each seq only once, and a new source for each run of the publisher.',
};

/** Returns how to correct the publisher; `undefined` if the relay's detail explains it, and for unknown reasons. */
export function correctionText(reason: string): string | undefined {
  return Object.hasOwn(corrections, reason) ? corrections[reason] : undefined;
}

/** Identical refused events, represented by the newest. */
export interface RefusedGroup {
  readonly newest: RefusedEvent;
  readonly count: number;
}

/** Groups refused events with the same payload, reason and channel. Input and result are ordered newest first. */
export function groupRefusedEvents(kept: readonly RefusedEvent[]): RefusedGroup[] {
  const groups = new Map<string, RefusedGroup>();
  for (const one of kept) {
    const key = JSON.stringify([one.reason, one.detail, one.channel, one.bytes, one.excerpt]);
    const known = groups.get(key);
    groups.set(key, known === undefined ? { newest: one, count: 1 } : { ...known, count: known.count + 1 });
  }
  return [...groups.values()];
}

/** Describes a reason. */
export function refusalText(reason: string): string {
  return Object.hasOwn(explanations, reason) ? (explanations[reason] ?? '') : 'Unknown reason: the relay is newer than this page.';
}
