import type { ConnectionEnd, ConnectionState } from 'cecelia-client';
import type { EventDelays } from './event-delays';
import { toSentence } from '../../format/format-value';
import { formatAgo, formatClock, formatDuration, formatElapsed } from '../../format/format-time';

/** How reliable the displayed data is. */
export type Health = 'good' | 'warning' | 'bad' | 'unknown';

export interface ConnectionText {
  readonly health: Health;
  /** Short label for the badge. */
  readonly short: string;
  /** Full sentence with the reason and the time. */
  readonly long: string;
}

const ends: Readonly<Record<string, string>> = {
  finished: 'the execution has finished',
  shutting_down: 'the relay is restarting',
  protocol_error: 'the relay received an invalid frame from this page',
  binary_message: 'this page sent a binary message',
  invalid_utf8: 'this page sent text that is not UTF-8',
  bad_compression: 'compressed data could not be read',
  message_unfinished: 'this page did not finish a message in time',
  too_many_fragments: 'this page sent a message in too many fragments',
  too_many_messages: 'this page sent too many messages',
  message_too_large: 'this page sent a message that is too large',
  internal_error: 'an internal error in the relay',
  no_sign_of_life: 'the relay received nothing from this page',
  stalled: 'this page did not read what the relay sent',
  flooded: 'too many responses were waiting for this page',
  overloaded: 'the relay is overloaded',
  max_age: 'the connection reached its maximum age',
  token_expired: 'the token has expired',
  access_revoked: 'access was revoked',
  closed_by_operator: 'an operator closed the connection',
  too_many_requests: 'too many requests came from this address',
  keys_unavailable: 'the relay has no keys to check tokens with yet',
  tickets_unavailable: 'the relay cannot check tickets while Redis is unavailable',
  silent: 'the relay sent nothing for too long',
  refused: 'the relay could not be reached, or refused the connection',
  timeout: 'the relay did not answer in time',
  lost: 'the connection was lost',
};

/** Describes why a connection ended, to be placed at the end of a sentence. */
export function closeReasonText({ reason, code }: ConnectionEnd): string {
  return Object.hasOwn(ends, reason) ? (ends[reason] ?? reason) : reason === '' ? `code ${code}` : `${reason} (code ${code})`;
}

/**
 * Describes the state of a connection. `now` is in Unix milliseconds by this page's clock, `offset` is the relay's clock minus this one, `delays` are the
 * delays of the newest events, and `stallMs` is how long this page was blocked.
 */
export function connectionText(
  state: ConnectionState,
  now: number,
  offset: number,
  delays: EventDelays | null = null,
  stallMs = 0,
): ConnectionText {
  switch (state.status) {
    case 'idle':
      return { health: 'unknown', short: 'Not connected', long: 'This page has not connected yet.' };
    case 'connecting':
      return { health: 'unknown', short: 'Connecting', long: 'Connecting to the relay.' };
    case 'catching-up':
      return { health: 'warning', short: 'Catching up', long: catchingUp[state.why] };
    case 'live':
      return state.protocol === 'subprotocol'
        ? live(delays, stallMs)
        : { health: 'good', short: 'Live', long: 'Connected with the plain protocol, which does not report missed events.' };
    case 'degraded': {
      const reason = toSentence(state.reason);
      const parts =
        state.asOf === null
          ? ['The data of the relay is incomplete.', reason]
          : ['The relay may be missing events.', reason, `Data as of ${formatClock(state.asOf)}, ${formatAgo(now + offset - state.asOf)}.`];
      return { health: 'bad', short: 'Degraded', long: parts.filter((part) => part !== '').join(' ') };
    }
    case 'reconnecting':
      return { health: 'bad', ...reconnecting(state, now) };
    case 'unauthorized':
      return { health: 'bad', short: unauthorized[state.why], long: toSentence(state.message) };
    case 'closed':
      return { health: 'bad', short: 'Closed', long: closed(state) };
  }
}

/** Returns the time up to which the displayed data is complete, in Unix milliseconds by this page's clock; `null` if it is current or unknown. */
export function dataAsOf(state: ConnectionState, offset: number, lastMessageAt: number | null): number | null {
  switch (state.status) {
    case 'degraded':
      return state.asOf === null ? null : state.asOf - offset;
    case 'reconnecting':
    case 'unauthorized':
    case 'closed':
      return state.lastConnected === null ? lastMessageAt : Math.max(state.lastConnected, lastMessageAt ?? 0);
    case 'idle':
    case 'connecting':
    case 'catching-up':
    case 'live':
      return null;
  }
}

/** Delay in milliseconds from which it is reported. */
const reportThresholdMs = 2000;

function live(delays: EventDelays | null, stallMs: number): ConnectionText {
  const short = 'Live';
  if (delays === null) return { health: 'good', short, long: 'Connected to the relay. No recent events.' };
  const { publisher, relay } = delays;
  if (relay !== null && relay >= reportThresholdMs) {
    const cause = stallMs >= relay / 2 ? 'This page is busy.' : 'The relay, the network or this page is slow.';
    const behind = formatDuration(relay);
    return { health: 'warning', short: `${behind} behind`, long: `Events are shown ${behind} after the relay received them. ${cause}` };
  }
  if (publisher !== null && publisher >= reportThresholdMs) {
    const old = formatDuration(publisher);
    return {
      health: 'good',
      short,
      long: `Up to date with the relay. Events reach the relay ${old} late: a publisher is slow, or its clock is behind.`,
    };
  }
  if (publisher !== null && publisher <= -reportThresholdMs)
    return { health: 'good', short, long: `Up to date with the relay. A publisher’s clock is ${formatDuration(-publisher)} ahead.` };
  return { health: 'good', short, long: relay === null ? 'Connected to the relay.' : 'Up to date with the relay.' };
}

const unauthorized = { 'no-token': 'Signed out', unauthorized: 'Token refused', forbidden: 'No access' } as const;

const catchingUp = {
  first: 'Loading the current state.',
  recovering: 'Loading missed events.',
  'too-slow': 'This page fell behind. Loading the current state.',
  'not-recovered': 'The missed events are no longer available. Loading the current state.',
} as const;

function reconnecting(state: Extract<ConnectionState, { status: 'reconnecting' }>, now: number): Pick<ConnectionText, 'short' | 'long'> {
  const why = closeReasonText(state.end);
  const attempt = state.attempts > 0 ? ` (attempt ${state.attempts})` : '';
  switch (state.waitsFor) {
    case 'network':
      return { short: 'Offline', long: `Waiting for the network${attempt}: ${why}.` };
    case 'visible':
      return { short: 'Waiting', long: `Waiting for this tab to become visible${attempt}: ${why}.` };
    case 'answer':
      return { short: 'Reconnecting', long: `Reconnecting${attempt}: ${why}.` };
    case 'time': {
      const wait = state.nextTry === null ? null : Math.ceil((state.nextTry - now) / 1000) * 1000;
      const when = wait === null || wait <= 0 ? 'now' : `in ${formatElapsed(wait)}`;
      return { short: `Reconnecting ${when}`, long: `Reconnecting ${when}${attempt}: ${why}.` };
    }
  }
}

function closed(state: Extract<ConnectionState, { status: 'closed' }>): string {
  const why = state.end === null ? '' : `: ${closeReasonText(state.end)}`;
  switch (state.why) {
    case 'closed':
      return 'The connection was closed by this page.';
    case 'refused':
      return `The relay closed the connection and asked not to reconnect${why}.`;
    case 'gave-up':
      return `Gave up after ${state.attempts} attempts${why}.`;
  }
}
