import { isObject } from '../../../components/api';

/** Something that the relay did not accept. */
export interface RefusedMessage {
  /** RFC 3339. */
  readonly time: string;
  readonly reason: string;
  readonly detail: string;
  readonly channel: string;
  /** Of the whole of it. */
  readonly bytes: number;
  /** Its beginning. */
  readonly excerpt: string;
}

export interface Refusals {
  /** How many for each reason since the relay began; those that never were stand as 0. */
  readonly counts: readonly { readonly reason: string; readonly count: number }[];
  /** The newest, first. */
  readonly kept: readonly RefusedMessage[];
}

/** What the relay says of the events that reached it, since it began. */
export interface EventTotals {
  readonly received: number;
  readonly accepted: number;
}

/** @throws TypeError if the answer is of another shape. */
export function parseRefusals(answer: unknown): Refusals {
  if (!isObject(answer) || !isObject(answer.counts) || !Array.isArray(answer.kept))
    throw new TypeError('The relay’s answer lists no refusals');
  const counts = Object.entries(answer.counts).map(([reason, count]) => ({ reason, count: numberOf(count) }));
  return { counts: counts.sort((a, b) => b.count - a.count), kept: (answer.kept as readonly unknown[]).map(parseRefused) };
}

/** @throws TypeError if the answer is of another shape. */
export function parseTotals(answer: unknown): EventTotals {
  if (!isObject(answer) || !isObject(answer.events)) throw new TypeError('The relay’s answer counts no events');
  return { received: numberOf(answer.events.received), accepted: numberOf(answer.events.accepted) };
}

function parseRefused(one: unknown): RefusedMessage {
  if (!isObject(one)) throw new TypeError('The relay’s answer lists something that is no refusal');
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
  if (typeof value !== 'number') throw new TypeError('The relay’s answer has something else where a number belongs');
  return value;
}

const explanations: Readonly<Record<string, string>> = {
  empty: 'There were no bytes, or white space alone.',
  too_large: 'It is larger than the relay takes (CECELIA_MAX_EVENT_BYTES).',
  invalid_utf8: 'It is not UTF-8 text.',
  not_json: 'It is not one JSON document.',
  not_an_object: 'It is JSON, but not an object.',
  too_deep: 'It is nested deeper than the relay takes (CECELIA_MAX_EVENT_DEPTH).',
  too_many_fields: 'There are more than 64 fields in the envelope.',
  no_event: 'It has neither event nor type, so nobody could tell what it is.',
  two_names: 'event and type are both there, and differ.',
  bad_name: 'The name is no string, is empty, too long, or holds control characters.',
  duplicate_field: 'A field of the envelope is given twice.',
  no_data: 'It has no data, but other fields that no client would get. Put them into data.',
  bad_data: 'data is no object, or a field of it that is checked is wrong.',
  bad_timestamp: 'The timestamp is not RFC 3339, such as 2026-02-06T08:30:00Z.',
  bad_field: 'Another field of the envelope is of the wrong type, or too long.',
};

/** What a reason means, in words. */
export function refusalWords(reason: string): string {
  return Object.hasOwn(explanations, reason) ? (explanations[reason] ?? '') : 'A reason of a later relay, which this page does not know.';
}
