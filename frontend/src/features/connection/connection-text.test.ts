import type { ConnectionState } from 'cecelia-client';
import { describe, expect, it } from 'vitest';
import { formatClock } from '../../format/format-time';
import { closeReasonText, connectionText, dataAsOf } from './connection-text';
import { gapSpan, gapText } from './gap-text';

const now = Date.parse('2026-02-06T08:30:00Z');
const good = { attempts: 0, lastConnected: now - 60_000 };
const lost = { code: 1006, reason: 'lost', at: now - 1000 };
const long = (state: ConnectionState) => connectionText(state, now, 0).long;

describe('connectionText', () => {
  it('describes each reason for waiting before the next attempt', () => {
    const waiting = { status: 'reconnecting', attempts: 2, lastConnected: null, end: lost } as const;
    expect(long({ ...waiting, waitsFor: 'time', nextTry: now + 2300 })).toBe('Reconnecting in 3 s (attempt 2): the connection was lost.');
    expect(long({ ...waiting, waitsFor: 'time', nextTry: now - 1 })).toBe('Reconnecting now (attempt 2): the connection was lost.');
    expect(long({ ...waiting, waitsFor: 'answer', nextTry: null })).toBe('Reconnecting (attempt 2): the connection was lost.');
    expect(long({ ...waiting, waitsFor: 'network', nextTry: null })).toContain('Waiting for the network');
    expect(long({ ...waiting, waitsFor: 'visible', nextTry: null })).toContain('for this tab to become visible');
  });

  it('states the age of the data by the relay’s clock while Redis is unavailable', () => {
    const state: ConnectionState = { ...good, status: 'degraded', asOf: now + 500 - 38_000, reason: 'the link was cut' };
    const text = connectionText(state, now, 500);
    expect(text.health).toBe('bad');
    expect(text.long).toBe(`The relay may be missing events. Data as of ${formatClock(now + 500 - 38_000)}, 38 s ago.`);
    expect(text.sentence).toBe('the link was cut');
    expect(dataAsOf(state, 500, now)).toBe(now - 38_000);
  });

  it('reports incomplete data if the time of the last complete data is unknown', () => {
    const state: ConnectionState = { ...good, status: 'degraded', asOf: null, reason: 'Redis refuses the channel cecelia:events:*' };
    expect(long(state)).toBe('The data of the relay is incomplete.');
  });

  it('states why it is closed', () => {
    const closed = { status: 'closed', attempts: 5, lastConnected: null } as const;
    expect(long({ ...closed, why: 'gave-up', end: { ...lost, reason: 'refused' } })).toBe(
      'Gave up after 5 attempts: the relay could not be reached, or refused the connection.',
    );
    expect(long({ ...closed, why: 'refused', end: { ...lost, code: 1008, reason: 'too_many_messages' } })).toContain('too many messages');
    expect(long({ ...closed, why: 'closed', end: null })).toBe('The connection was closed by this page.');
  });

  it('passes an unknown reason through', () => {
    expect(closeReasonText({ code: 4600, reason: 'constructor', at: now })).toBe('constructor (code 4600)');
  });

  it('has current data when live, and data as of the last message when disconnected', () => {
    expect(dataAsOf({ ...good, status: 'live', protocol: 'subprotocol' }, 0, now)).toBeNull();
    const away: ConnectionState = { ...good, status: 'reconnecting', nextTry: null, waitsFor: 'answer', end: lost };
    expect(dataAsOf(away, 0, now - 3000)).toBe(now - 3000);
  });
});

describe('gapText', () => {
  it('contains the count and the cause', () => {
    expect(gapText({ cause: 'slow_client', missed: 12, from: null, to: null })).toBe('12 events missed: this page read too slowly');
    expect(gapText({ cause: 'restart', missed: null, from: null, to: null })).toBe(
      'Events may be missing: the relay was not running, or could not restore its state',
    );
    expect(gapText({ cause: 'publisher_gap', missed: 1, from: null, to: null, source: 'tick' })).toBe(
      '1 event missed: sequence numbers of tick are missing',
    );
    expect(gapText({ cause: 'publisher_restarted', missed: null, from: null, to: null, source: 'tick' })).toBe(
      'Events may be missing: tick restarted',
    );
  });

  it('contains the time span or the sequence numbers', () => {
    const times = { missed: null, from: '2026-02-06T08:30:00Z', to: '2026-02-06T08:30:09Z' };
    expect(gapSpan({ cause: 'redis_lost', ...times })).toBe(`between ${formatClock(now)} and ${formatClock(now + 9000)}`);
    expect(gapSpan({ cause: 'publisher_gap', missed: 3, from: null, to: null, fromSeq: 4, toSeq: 6 })).toBe('seq 4 to 6');
    expect(gapSpan({ cause: 'publisher_gap', missed: 1, from: null, to: null, fromSeq: 4, toSeq: 4 })).toBe('seq 4');
    expect(gapSpan({ cause: 'restart', missed: null, from: null, to: null })).toBeUndefined();
  });
});
