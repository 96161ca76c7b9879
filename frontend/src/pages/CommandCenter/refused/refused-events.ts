import { isObject } from '../../../features/relay/relay-api';
import { findMessage, t } from '../../../i18n/messages';

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

/** The columns of the export. */
export const refusedColumns = (['time', 'reason', 'detail', 'channel', 'bytes', 'excerpt'] as const).map((name) => ({
  name,
  value: (refused: RefusedEvent) => refused[name],
}));

/** Examples of valid payloads, by the reason that they correct. */
const examples: Readonly<Record<string, string>> = { empty: '{"event":"log","data":{}}', not_an_object: '{"event":"…","data":{…}}' };

/** Returns how to correct the publisher; `undefined` if the relay's detail explains it, and for unknown reasons. */
export function correctionText(reason: string): string | undefined {
  const id = findMessage('refused.correction.', reason);
  return id === undefined ? undefined : t(id, { example: examples[reason] ?? '' });
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
  return t(findMessage('refused.reason.', reason) ?? 'refused.unknown');
}
