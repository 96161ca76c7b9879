import type { ConnectionEnd, ConnectionState } from '../services/connection-state';
import { agoWords, clockWords, elapsedWords } from './time-words';

/** How good what is shown is. */
export type Health = 'good' | 'warning' | 'bad' | 'unknown';

export interface ConnectionWords {
  readonly health: Health;
  /** One or two words for the badge. */
  readonly short: string;
  /** A sentence that says why and since when. */
  readonly long: string;
}

const ends: Readonly<Record<string, string>> = {
  finished: 'the relay had nothing more to say',
  shutting_down: 'the relay is restarting',
  protocol_error: 'the relay did not understand a frame of this page',
  binary_message: 'this page sent something binary',
  invalid_utf8: 'this page sent text that is no UTF-8',
  bad_compression: 'compressed data could not be read',
  too_many_fragments: 'a message came in too many pieces',
  too_many_messages: 'this page sent too many messages',
  message_too_large: 'this page sent a message that is too large',
  internal_error: 'the relay met a fault of its own',
  no_sign_of_life: 'the relay heard nothing from this page',
  stalled: 'this page did not take what it was sent',
  flooded: 'too many answers waited for this page',
  overloaded: 'the relay has too much to do',
  max_age: 'the relay asks connections to move on from time to time',
  silent: 'nothing came from the relay any more',
  refused: 'the relay could not be reached',
  timeout: 'the relay did not answer in time',
  lost: 'the connection was cut',
};

/** Why a connection ended, as the end of a sentence. */
export function endWords({ reason, code }: ConnectionEnd): string {
  return Object.hasOwn(ends, reason) ? (ends[reason] ?? reason) : reason === '' ? `code ${code}` : `${reason} (code ${code})`;
}

/** How a connection stands, in words. `now` in Unix milliseconds of this page's clock; `offset`: the relay's clock less this one. */
export function connectionWords(state: ConnectionState, now: number, offset: number): ConnectionWords {
  switch (state.status) {
    case 'idle':
      return { health: 'unknown', short: 'Not connected', long: 'The page has not begun to connect.' };
    case 'connecting':
      return { health: 'unknown', short: 'Connecting', long: 'Connecting to the relay.' };
    case 'catching-up':
      return { health: 'warning', short: 'Catching up', long: catchingUp[state.why] };
    case 'live':
      return {
        health: 'good',
        short: 'Live',
        long:
          state.protocol === 'rich'
            ? 'Everything that happens is here as it happens.'
            : 'Events come as they happen. This relay speaks the plain protocol: what was missed in between is not told.',
      };
    case 'degraded': {
      const asOf =
        state.asOf === null
          ? 'The relay has not reached Redis yet.'
          : `The relay has lost Redis. Data as of ${clockWords(state.asOf)}, ${agoWords(now + offset - state.asOf)}.`;
      return { health: 'bad', short: 'Degraded', long: `${asOf} ${sentence(state.reason)}`.trimEnd() };
    }
    case 'reconnecting':
      return { health: 'bad', ...reconnecting(state, now) };
    case 'closed':
      return { health: 'bad', short: 'Closed', long: closed(state) };
  }
}

/** Up to when what is shown is known to be whole, in Unix milliseconds of this page's clock; `null`: it is so now, or nothing is known. */
export function dataAsOf(state: ConnectionState, offset: number, lastMessageAt: number | null): number | null {
  switch (state.status) {
    case 'degraded':
      return state.asOf === null ? null : state.asOf - offset;
    case 'reconnecting':
    case 'closed':
      return state.lastConnected === null ? lastMessageAt : Math.max(state.lastConnected, lastMessageAt ?? 0);
    case 'idle':
    case 'connecting':
    case 'catching-up':
    case 'live':
      return null;
  }
}

const catchingUp = {
  first: 'The present state is on its way.',
  recovering: 'What was missed is on its way.',
  'too-slow': 'This page fell behind; the present state is on its way.',
  'not-recovered': 'What was missed is not kept any more; the present state is on its way.',
} as const;

function reconnecting(state: Extract<ConnectionState, { status: 'reconnecting' }>, now: number): Pick<ConnectionWords, 'short' | 'long'> {
  const why = endWords(state.end);
  const attempt = state.attempts > 0 ? ` (attempt ${state.attempts})` : '';
  switch (state.waitsFor) {
    case 'network':
      return { short: 'Offline', long: `Waiting for the network${attempt}: ${why}.` };
    case 'visible':
      return { short: 'Waiting', long: `Waiting until this tab is seen again${attempt}: ${why}.` };
    case 'answer':
      return { short: 'Reconnecting', long: `Reconnecting${attempt}: ${why}.` };
    case 'time': {
      const wait = state.nextTry === null ? null : Math.ceil((state.nextTry - now) / 1000) * 1000;
      const when = wait === null || wait <= 0 ? 'now' : `in ${elapsedWords(wait)}`;
      return { short: `Reconnecting ${when}`, long: `Reconnecting ${when}${attempt}: ${why}.` };
    }
  }
}

function closed(state: Extract<ConnectionState, { status: 'closed' }>): string {
  const why = state.end === null ? '' : `: ${endWords(state.end)}`;
  switch (state.why) {
    case 'closed':
      return 'The connection was closed on this page.';
    case 'refused':
      return `The relay asked this page to stay away${why}.`;
    case 'gave-up':
      return `Given up after ${state.attempts} attempts${why}.`;
  }
}

function sentence(text: string): string {
  if (text === '') return '';
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
