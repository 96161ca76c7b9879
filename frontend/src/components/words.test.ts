import { describe, expect, it } from 'vitest';
import type { ConnectionState } from '../services/connection-state';
import { CommandError } from '../services/relay-connection';
import { commandFailure, commandSuccess } from './command-words';
import { connectionWords, dataAsOf, endWords } from './connection-words';
import { gapSpan, gapWords } from './gap-words';
import { statusKind, statusWords } from './status-kind';
import { textIn, textOf } from './text-of';
import {
  agoWords,
  clockWords,
  countWords,
  durationWords,
  elapsedWords,
  lagOrAheadWords,
  lagWords,
  lateWords,
  momentOf,
} from './time-words';

const now = Date.parse('2026-02-06T08:30:00Z');
const good = { attempts: 0, lastConnected: now - 60_000 };
const lost = { code: 1006, reason: 'lost', at: now - 1000 };
const long = (state: ConnectionState) => connectionWords(state, now, 0).long;

describe('time words', () => {
  it.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [999.6, '1.0 s'],
    [3200, '3.2 s'],
    [9949, '9.9 s'],
    [9960, '10 s'],
    [59_900, '1 min 00 s'],
    [252_000, '4 min 12 s'],
    [11_100_000, '3 h 05 min'],
    [187_200_000, '2 d 4 h'],
    [-5, '0 ms'],
  ])('says %d ms as %s', (ms, words) => expect(durationWords(ms)).toBe(words));

  it('counts up in whole seconds', () => {
    expect([elapsedWords(400), elapsedWords(3900), elapsedWords(61_900)]).toEqual(['0 s', '3 s', '1 min 01 s']);
  });

  it('says how long ago', () => {
    expect([0, 999, 12_400, 240_000, 3 * 3_600_000, 50 * 3_600_000].map(agoWords)).toEqual([
      'now',
      'now',
      '12 s ago',
      '4 min ago',
      '3 h ago',
      '2 d ago',
    ]);
  });

  it('has no number for a lag that is not known', () => {
    expect([lagWords(null), lagWords(8)]).toEqual(['–', '8 ms']);
    const ahead = 'lag unknown: the publisher’s clock is 212 ms ahead';
    expect([lateWords(8), lateWords(-212)]).toEqual(['8 ms later', ahead]);
    expect([lagOrAheadWords(8), lagOrAheadWords(-212)]).toEqual(['lag 8 ms', ahead]);
  });

  it('takes a time without a zone for UTC', () => {
    expect([momentOf('2026-02-06 08:30:00'), momentOf('2026-02-06T09:30:00+01:00'), momentOf('soon'), momentOf(undefined)]).toEqual([
      now,
      now,
      null,
      null,
    ]);
  });
});

describe('connection words', () => {
  it('names every way to wait for the next attempt', () => {
    const waiting = { status: 'reconnecting', attempts: 2, lastConnected: null, end: lost } as const;
    expect(long({ ...waiting, waitsFor: 'time', nextTry: now + 2300 })).toBe('Reconnecting in 3 s (attempt 2): the connection was lost.');
    expect(long({ ...waiting, waitsFor: 'time', nextTry: now - 1 })).toBe('Reconnecting now (attempt 2): the connection was lost.');
    expect(long({ ...waiting, waitsFor: 'answer', nextTry: null })).toBe('Reconnecting (attempt 2): the connection was lost.');
    expect(long({ ...waiting, waitsFor: 'network', nextTry: null })).toContain('Waiting for the network');
    expect(long({ ...waiting, waitsFor: 'visible', nextTry: null })).toContain('for this tab to become visible');
  });

  it('tells how old the data is while Redis is away, by the relay’s clock', () => {
    const state: ConnectionState = { ...good, status: 'degraded', asOf: now + 500 - 38_000, reason: 'the link was cut' };
    const words = connectionWords(state, now, 500);
    expect(words.health).toBe('bad');
    expect(words.long).toBe(`The relay may be missing events. Data as of ${clockWords(now + 500 - 38_000)}, 38 s ago. The link was cut.`);
    expect(dataAsOf(state, 500, now)).toBe(now - 38_000);
  });

  it('does not claim that Redis was never reached where no complete time is known', () => {
    const state: ConnectionState = { ...good, status: 'degraded', asOf: null, reason: 'Redis refuses the channel cecelia:events:*' };
    expect(long(state)).toBe('The data of the relay is incomplete. Redis refuses the channel cecelia:events:*.');
  });

  it('says why it is closed', () => {
    const closed = { status: 'closed', attempts: 5, lastConnected: null } as const;
    expect(long({ ...closed, why: 'gave-up', end: { ...lost, reason: 'refused' } })).toBe(
      'Gave up after 5 attempts: the relay could not be reached, or refused the connection.',
    );
    expect(long({ ...closed, why: 'refused', end: { ...lost, code: 1008, reason: 'too_many_messages' } })).toContain('too many messages');
    expect(long({ ...closed, why: 'closed', end: null })).toBe('The connection was closed by this page.');
  });

  it('gives a reason that it does not know as it is', () => {
    expect(endWords({ code: 4600, reason: 'constructor', at: now })).toBe('constructor (code 4600)');
  });

  it('is whole now when live, and as of the last message when cut off', () => {
    expect(dataAsOf({ ...good, status: 'live', protocol: 'rich' }, 0, now)).toBeNull();
    const away: ConnectionState = { ...good, status: 'reconnecting', nextTry: null, waitsFor: 'answer', end: lost };
    expect(dataAsOf(away, 0, now - 3000)).toBe(now - 3000);
  });
});

describe('gap words', () => {
  it('counts, and says why', () => {
    expect(gapWords({ cause: 'slow_client', missed: 12, from: null, to: null })).toBe('12 events missed: this page read too slowly');
    expect(gapWords({ cause: 'restart', missed: null, from: null, to: null })).toBe(
      'Events may be missing: the relay was not running, or could not restore its state',
    );
    expect(gapWords({ cause: 'publisher_gap', missed: 1, from: null, to: null, source: 'tick' })).toBe(
      '1 event missed: sequence numbers of tick are missing',
    );
    expect(gapWords({ cause: 'publisher_restarted', missed: null, from: null, to: null, source: 'tick' })).toBe(
      'Events may be missing: tick restarted',
    );
  });

  it('says between when, or which numbers', () => {
    const times = { missed: null, from: '2026-02-06T08:30:00Z', to: '2026-02-06T08:30:09Z' };
    expect(gapSpan({ cause: 'redis_lost', ...times })).toBe(`between ${clockWords(now)} and ${clockWords(now + 9000)}`);
    expect(gapSpan({ cause: 'publisher_gap', missed: 3, from: null, to: null, fromSeq: 4, toSeq: 6 })).toBe('seq 4 to 6');
    expect(gapSpan({ cause: 'publisher_gap', missed: 1, from: null, to: null, fromSeq: 4, toSeq: 4 })).toBe('seq 4');
    expect(gapSpan({ cause: 'restart', missed: null, from: null, to: null })).toBeUndefined();
  });
});

describe('command words', () => {
  it('says whether anybody has the command', () => {
    expect(commandSuccess({ id: 'x', receivers: 2 })).toBe('Delivered to 2 Brain instances.');
    expect(commandFailure(new CommandError('no_receiver', 'nobody'))).toBe('No Brain is subscribed. The command was not delivered.');
    expect(commandFailure(new CommandError('later_word', 'The relay’s own words'))).toBe('The relay’s own words');
  });
});

describe('status and text', () => {
  it('knows usual words in any case, and takes no other for one', () => {
    expect(['Running', 'in_progress', 'constructor', undefined].map(statusKind)).toEqual(['running', 'running', 'other', 'other']);
    expect([statusWords('in_review'), statusWords('')]).toEqual(['In review', 'No status']);
  });

  it('lets objects speak by their message', () => {
    expect([textOf({ message: 'no disk' }), textOf({ code: 7 }), textOf({}), textOf('  '), textOf(0)]).toEqual([
      'no disk',
      '{"code":7}',
      undefined,
      undefined,
      '0',
    ]);
  });

  it('marks a number that may have been rounded', () => {
    expect([textOf(2 ** 53), textIn({ id: 2 ** 53 }, 'id'), countWords(2 ** 53)]).toEqual([
      '≈9007199254740992',
      '≈9007199254740992',
      '≈9,007,199,254,740,992',
    ]);
    expect([textOf(2 ** 53 - 1), textIn(undefined, 'id'), countWords(2 ** 53 - 1)]).toEqual([
      '9007199254740991',
      undefined,
      '9,007,199,254,740,991',
    ]);
  });
});
