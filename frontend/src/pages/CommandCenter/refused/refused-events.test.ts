import { describe, expect, it } from 'vitest';
import { correctionText, groupRefusedEvents, parseRefusedEvents, parseTotals, refusalText } from './refused-events';

const one = {
  time: '2026-11-21T14:38:31.141Z',
  reason: 'bad_data',
  detail: 'data.taskId must be a string',
  channel: 'cecelia:events',
  bytes: 44,
  excerpt: '{}',
};

describe('refused events', () => {
  it('parses the response of the relay, with the most frequent reason first', () => {
    const { counts, kept } = parseRefusedEvents({ counts: { empty: 0, not_json: 1, bad_data: 7 }, kept: [one] });
    expect(counts.map(({ reason }) => reason)).toEqual(['bad_data', 'not_json', 'empty']);
    expect(kept).toEqual([one]);
  });

  it.each([
    null,
    [],
    {},
    { counts: {}, kept: [3] },
    { counts: { empty: '1' }, kept: [] },
    { counts: {}, kept: [{ ...one, bytes: 'many' }] },
  ])('rejects %j', (response) => expect(() => parseRefusedEvents(response)).toThrow(TypeError));

  it('parses the event counts', () => {
    expect(parseTotals({ events: { received: 9, accepted: 7 }, connections: 1 })).toEqual({ received: 9, accepted: 7 });
    expect(() => parseTotals({})).toThrow(TypeError);
  });

  it('describes known and unknown reasons', () => {
    expect(refusalText('two_names')).toContain('differ');
    expect(refusalText('toString')).toContain('newer');
    expect(correctionText('no_data')).toBe('Move the fields into data.');
    expect(correctionText('toString')).toBeUndefined();
  });

  it('groups identical events, newest first', () => {
    const other = { ...one, detail: 'data.progress must be a number' };
    const older = { ...one, time: '2026-11-21T14:38:30.000Z' };
    expect(groupRefusedEvents([one, other, older])).toEqual([
      { newest: one, count: 2 },
      { newest: other, count: 1 },
    ]);
  });
});
