import type { ConnectionEnd, ConnectionState } from 'cecelia-client';
import { denialText } from '../access/denial-text';
import type { EventDelays } from './event-delays';
import { type MessageId, t } from '../../i18n/messages';
import { reasonClause } from '../relay/relay-reason';
import { formatAgo, formatClock, formatDuration, formatElapsed } from '../../format/format-time';

/** How reliable the displayed data is. */
export type Health = 'good' | 'warning' | 'bad' | 'unknown';

export interface ConnectionText {
  readonly health: Health;
  /** Short label for the badge. */
  readonly short: string;
  /** Full sentence with the reason and the time. */
  readonly long: string;
  /** What the relay says about the reason, in English; absent: nothing. */
  readonly sentence?: string;
}

/** Describes why a connection ended, to be placed at the end of a sentence. */
export function closeReasonText({ reason, code }: ConnectionEnd): string {
  const clause = reasonClause(reason);
  if (clause !== undefined) return clause;
  return reason === '' ? t('connection.end-code', { code }) : t('connection.end-unknown', { reason, code });
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
      return { health: 'unknown', short: t('connection.idle'), long: t('connection.idle.text') };
    case 'connecting':
      return { health: 'unknown', short: t('connection.connecting'), long: t('connection.connecting.text') };
    case 'catching-up':
      return { health: 'warning', short: t('connection.catching-up'), long: t(`connection.catching-up.${state.why}`) };
    case 'live':
      return state.protocol === 'subprotocol'
        ? live(delays, stallMs)
        : { health: 'good', short: t('connection.live'), long: t('connection.live.plain') };
    case 'degraded':
      return { health: 'bad', short: t('connection.degraded'), long: degraded(state, now + offset), sentence: state.reason };
    case 'reconnecting':
      return { health: 'bad', ...reconnecting(state, now) };
    case 'unauthorized':
      return { health: 'bad', short: t(`connection.unauthorized.${state.why}`), long: unauthorized(state) };
    case 'closed':
      return { health: 'bad', short: t('connection.closed'), long: closed(state) };
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
  const good = (long: string): ConnectionText => ({ health: 'good', short: t('connection.live'), long });
  if (delays === null) return good(t('connection.live.quiet'));
  const { publisher, relay } = delays;
  if (relay !== null && relay >= reportThresholdMs) {
    const duration = formatDuration(relay);
    const long: MessageId = stallMs >= relay / 2 ? 'connection.behind.page' : 'connection.behind.other';
    return { health: 'warning', short: t('connection.behind', { duration }), long: t(long, { duration }) };
  }
  if (publisher !== null && publisher >= reportThresholdMs) return good(t('connection.live.late', { duration: formatDuration(publisher) }));
  if (publisher !== null && publisher <= -reportThresholdMs)
    return good(t('connection.live.ahead', { duration: formatDuration(-publisher) }));
  return good(t(relay === null ? 'connection.live.connected' : 'connection.live.current'));
}

/** `now` is in Unix milliseconds by the relay's clock. */
function degraded({ asOf }: Extract<ConnectionState, { status: 'degraded' }>, now: number): string {
  if (asOf === null) return t('connection.degraded.incomplete');
  return t('connection.degraded.missing', { time: formatClock(asOf), ago: formatAgo(now - asOf) });
}

function unauthorized({ end, message }: Extract<ConnectionState, { status: 'unauthorized' }>): string {
  return denialText({ reason: end.reason, message }) ?? t('access.denied.no_token');
}

function reconnecting(state: Extract<ConnectionState, { status: 'reconnecting' }>, now: number): Pick<ConnectionText, 'short' | 'long'> {
  const values = { why: closeReasonText(state.end), attempt: state.attempts };
  switch (state.waitsFor) {
    case 'network':
      return { short: t('connection.offline'), long: t('connection.offline.text', values) };
    case 'visible':
      return { short: t('connection.hidden'), long: t('connection.hidden.text', values) };
    case 'answer':
      return { short: t('connection.reconnecting'), long: t('connection.reconnecting.text', values) };
    case 'time': {
      const wait = state.nextTry === null ? null : Math.ceil((state.nextTry - now) / 1000) * 1000;
      if (wait === null || wait <= 0)
        return { short: t('connection.reconnecting.now'), long: t('connection.reconnecting.now.text', values) };
      const duration = formatElapsed(wait);
      return { short: t('connection.reconnecting.in', { duration }), long: t('connection.reconnecting.in.text', { ...values, duration }) };
    }
  }
}

function closed(state: Extract<ConnectionState, { status: 'closed' }>): string {
  const why = state.end === null ? t('connection.end-unknown-cause') : closeReasonText(state.end);
  switch (state.why) {
    case 'closed':
      return t('connection.closed.page');
    case 'refused':
      return t('connection.closed.refused', { why });
    case 'gave-up':
      return t('connection.closed.gave-up', { why, attempts: state.attempts });
  }
}
