import { describe, expect, it } from 'vitest';
import { correctionWords, groupRefusals, parseRefusals, parseTotals, refusalWords } from './refusals';

const one = {
  time: '2026-11-21T14:38:31.141Z',
  reason: 'bad_data',
  detail: 'data.taskId must be a string',
  channel: 'cecelia:events',
  bytes: 44,
  excerpt: '{}',
};

describe('refusals', () => {
  it('takes the answer of the relay, with the reason that came most often first', () => {
    const { counts, kept } = parseRefusals({ counts: { empty: 0, not_json: 1, bad_data: 7 }, kept: [one] });
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
  ])('refuses %j', (answer) => expect(() => parseRefusals(answer)).toThrow(TypeError));

  it('reads how many events there were', () => {
    expect(parseTotals({ events: { received: 9, accepted: 7 }, connections: 1 })).toEqual({ received: 9, accepted: 7 });
    expect(() => parseTotals({})).toThrow(TypeError);
  });

  it('has words for each reason, and for those that it does not know', () => {
    expect(refusalWords('two_names')).toContain('differ');
    expect(refusalWords('toString')).toContain('newer');
    expect(correctionWords('no_data')).toBe('Move the fields into data.');
    expect(correctionWords('toString')).toBeUndefined();
  });

  it('puts equal ones together, the newest first', () => {
    const other = { ...one, detail: 'data.progress must be a number' };
    const older = { ...one, time: '2026-11-21T14:38:30.000Z' };
    expect(groupRefusals([one, other, older])).toEqual([
      { newest: one, count: 2 },
      { newest: other, count: 1 },
    ]);
  });
});
