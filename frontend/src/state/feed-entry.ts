import type { CeceliaEvent } from '../types/messages';
import type { OtherEvent } from '../services/relay-connection';
import type { PastEvent } from './history-page';
import type { FeedEntry } from './live-view';
import { parseTime } from './rfc3339';

/** Maximum error of the estimate of the relay's clock, in milliseconds. A publisher's time that is further in the future means that its clock is ahead. */
const clockErrorMs = 100;

/** Time from the publication of an event to a time, in milliseconds; `null`: unknown. */
export function lagOf(event: CeceliaEvent | OtherEvent, received: number): number | null {
  const time = parseTime(event.timestamp);
  return event.undated === true || time === null || received - time < -clockErrorMs ? null : Math.max(0, received - time);
}

/** The entry of an event from the history. */
export function pastEntry({ received: text, ...event }: PastEvent, number: number): FeedEntry {
  const accepted = acceptedAt(event.id);
  const received = accepted ?? parseTime(text) ?? 0;
  return { number, event, received, accepted, recovered: false, fromHistory: true, lag: lagOf(event, received) };
}

/** When the relay accepted the event at that position (PROTOCOL.md, "Positions"), in Unix milliseconds of its clock. */
export function acceptedAt(position: string | undefined): number | null {
  const digits = /^[0-9a-f]{16}-([0-9a-f]{11})$/.exec(position ?? '')?.[1];
  return digits === undefined ? null : parseInt(digits, 16);
}
