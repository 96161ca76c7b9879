import { describe, expect, it } from 'vitest';
import { type Facts, situationOf } from './situation';

const now = Date.parse('2026-02-06T12:10:00Z');
const minute = 60_000;

const calm: Facts = {
  now,
  link: { status: 'live' },
  hasState: true,
  uncertain: { tasks: 0, executors: 0 },
  gapAt: null,
  counts: { running: 12, queued: 4, executions: 0 },
  seenAt: null,
  newFailures: [],
  full: [],
  silent: { tasks: 0, executions: 0 },
  waitingForInput: [],
  queue: { oldest: null, grownFrom: null, grownSince: null },
};
const kinds = (facts: Partial<Facts>) => situationOf({ ...calm, ...facts }).parts.map(({ kind }) => kind);

describe('situationOf', () => {
  it('is well if current and complete data has no problem', () => {
    expect(situationOf(calm)).toEqual({
      tone: 'good',
      parts: [{ kind: 'well' }],
      detail: { running: 12, queued: 4, executions: 0, uncertain: 0, asOf: null, seenAt: null },
    });
  });

  it.each<[string, Partial<Facts>, string[]]>([
    ['no state', { hasState: false, link: { status: 'loading' } }, ['loading']],
    ['a live connection without state', { hasState: false }, ['loading']],
    ['state that is being loaded', { link: { status: 'loading' } }, ['loading']],
    ['no connection', { link: { status: 'away', since: now - minute } }, ['away']],
    ['no connection and no state', { hasState: false, link: { status: 'away', since: null } }, ['away']],
    ['no access', { link: { status: 'signed-out', since: null } }, ['signed-out']],
    ['no Redis', { link: { status: 'degraded', since: now - minute } }, ['degraded']],
    ['uncertain tasks', { uncertain: { tasks: 2, executors: 1 } }, ['uncertain']],
    ['an uncertain executor', { uncertain: { tasks: 0, executors: 1 } }, ['uncertain-executor']],
    ['a recent gap', { gapAt: now - 9 * minute }, ['gap']],
  ])('is never well with %s', (_, facts, expected) => {
    expect(kinds(facts)).toEqual(expected);
    expect(situationOf({ ...calm, ...facts }).tone).not.toBe('good');
  });

  it('is well again some time after a gap', () => {
    expect(kinds({ gapAt: now - 11 * minute })).toEqual(['well']);
  });

  it('names the projects with most failures, then the executor and silent tasks', () => {
    const newFailures = [
      { project: 'website', count: 1, since: now - minute },
      { project: 'billing', count: 3, since: now - 6 * minute },
      { project: '', count: 1, since: now - minute },
      { project: 'search', count: 1, since: now - minute },
      { project: 'docs', count: 1, since: now - minute },
    ];
    const { tone, parts } = situationOf({
      ...calm,
      newFailures,
      full: [{ executor: '', since: now - 6 * minute }],
      silent: { tasks: 2, executions: 0 },
    });
    expect(tone).toBe('bad');
    expect(parts).toEqual([
      {
        kind: 'failures',
        count: 7,
        since: now - 6 * minute,
        projects: [
          { project: 'billing', count: 3 },
          { project: 'docs', count: 1 },
          { project: 'search', count: 1 },
        ],
        others: 2,
      },
      { kind: 'full', executor: '', forMs: 6 * minute },
      { kind: 'silent-tasks', count: 2 },
    ]);
  });

  it('says nothing about the present while disconnected, but keeps the failures', () => {
    const facts: Partial<Facts> = {
      link: { status: 'away', since: now - minute },
      newFailures: [{ project: 'billing', count: 3, since: now - 6 * minute }],
      full: [{ executor: '', since: now - 6 * minute }],
      waitingForInput: ['e1'],
    };
    expect(kinds(facts)).toEqual(['away', 'failures']);
    expect(situationOf({ ...calm, ...facts }).detail).toMatchObject({ ...calm.counts, asOf: now - minute });
  });

  it('reports executors that are full for a minute, and tasks that wait for five', () => {
    expect(kinds({ full: [{ executor: '', since: now - 59_000 }] })).toEqual(['well']);
    expect(kinds({ queue: { ...calm.queue, oldest: now - 4 * minute } })).toEqual(['well']);
    expect(kinds({ queue: { ...calm.queue, oldest: now - 5 * minute } })).toEqual(['long-wait']);
    expect(kinds({ queue: { oldest: null, grownFrom: 4, grownSince: now - 5 * minute } })).toEqual(['queue-grows']);
    expect(situationOf({ ...calm, waitingForInput: ['e1'] })).toMatchObject({ tone: 'notice', parts: [{ kind: 'input', ids: ['e1'] }] });
  });
});
