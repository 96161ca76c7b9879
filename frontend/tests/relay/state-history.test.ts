import { isDeepStrictEqual } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { acceptedAt } from '../../src/state/feed-entry';
import { entityKey, type SectionName } from '../../src/state/live-view';
import { StateHistory, type StateHistoryOptions } from '../../src/state/state-history';
import type { RelayFilter } from '../../src/services/relay-url';
import { until } from '../browser/programs';
import { RedisServer, RelayServer } from '../browser/servers';
import { type EventOptions, type PublishedEvent, randomEvents } from './random-events';
import { TokenIssuer } from './token-issuer';

type Entity = Readonly<Record<string, unknown>> & { readonly id: string };
/** Entities by their keys. */
type Keyed = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
type Comparable = Readonly<Record<string, Keyed>>;
type State = Readonly<Record<SectionName, readonly Entity[]>> & { readonly position: string };

const sections = ['tasks', 'executor', 'executions', 'nodes', 'agents', 'projects'] as const satisfies readonly SectionName[];
/** `truncated` depends on sizes as the publisher wrote them, and `silent_since` on the time of the request. */
const ignored: ReadonlySet<string> = new Set(['truncated', 'silent_since']);

describe.skipIf(process.env.RELAY === undefined)('The state at earlier moments beside that of the relay then (RELAY must name it)', () => {
  const stops: (() => Promise<void> | void)[] = [];
  let redis: RedisServer;
  let relay: RelayServer;
  let headers: Readonly<Record<string, string>> = {};

  async function start(settings: NodeJS.ProcessEnv = {}): Promise<void> {
    redis = await RedisServer.start();
    stops.unshift(() => redis.stop());
    relay = await RelayServer.start(redis, settings);
    stops.unshift(() => relay.stop());
  }

  afterEach(async () => {
    headers = {};
    for (const stop of stops.splice(0)) await stop();
  });

  const fetchPath = (path: string, signal?: AbortSignal) => fetch(`${relay.origin}/${path}`, { headers, signal: signal ?? null });

  const load = (options: Partial<StateHistoryOptions> = {}) => StateHistory.load({ fetch: fetchPath, ...options });

  async function readState(query = ''): Promise<State> {
    return (await (await fetchPath(`api/v1/state${query}`)).json()) as State;
  }

  /** Publishes the events in batches of random sizes, and reads the state at a moment within or after each. */
  async function record(events: readonly PublishedEvent[], moments: number, query = ''): Promise<State[]> {
    const states: State[] = [];
    for (let i = 0; i < moments; i++) {
      const batch = events.slice(Math.floor((events.length * i) / moments), Math.floor((events.length * (i + 1)) / moments));
      const published = redis.publish(...batch);
      if (i % 2 === 0) await published;
      if (query !== '') {
        // A filtered history has no events of others. It has the moment by its time, in which nothing else may happen.
        await published;
        await accepted();
      }
      const state = await readState(query);
      states.push(state);
      await published;
      const at = acceptedAt(state.position) ?? 0;
      await until(
        () => query === '' || Date.now() > at,
        () => 'the next millisecond',
      );
    }
    await accepted();
    return states;
  }

  async function accepted(): Promise<void> {
    const mark = Math.random();
    await redis.publish({ event: 'log', data: { mark }, execution_id: 'e1' });
    await until(
      async () => (await (await fetchPath('api/v1/history?limit=1&execution=e1')).text()).includes(String(mark)),
      () => 'all events at the relay',
    );
  }

  /** Compares the recorded states with those of the history, and returns the number of those that it covers. */
  function compare(history: StateHistory, states: readonly State[], compared: readonly SectionName[] = sections, exact = true): number {
    let covered = 0;
    // In an order that goes forwards and backwards.
    for (const state of [...states].sort((a, b) => (a.position < b.position ? -1 : 1))) {
      if ((acceptedAt(state.position) ?? 0) < history.begin) continue;
      history.seek(state.position);
      if (exact && history.position !== state.position) continue;
      covered++;
      const shown = () => allOf((section) => [...history.sections[section].values()] as unknown as Entity[]);
      const allOf = (entitiesOf: (section: SectionName) => readonly Entity[]) =>
        Object.fromEntries(compared.map((section) => [section, comparable(entitiesOf(section), section)]));
      const wanted = allOf((section) => state[section]);
      const before = shown();
      const isBefore = isDeepStrictEqual(before, wanted);
      const found = !isBefore && stepOverGap(history) ? beforeMarks(shown(), before) : before;
      for (const section of compared) expect(found[section], `${section} at ${state.position}`).toEqual(wanted[section]);
    }
    return covered;
  }

  /** Returns whether the next step is a gap, and takes it. */
  function stepOverGap(history: StateHistory): boolean {
    const before = history.gaps.at(-1)?.number;
    history.step(1);
    if (history.gaps.at(-1)?.number !== before) return true;
    history.step(-1);
    return false;
  }

  /**
   * The relay may have been read between a restart of the numbering and the gap that reports it, which has the next position: the numbers are forgotten, as
   * after the gap, and nothing more is uncertain than before.
   */
  function beforeMarks(after: Comparable, before: Comparable): Comparable {
    const unmarked = (section: string) =>
      Object.entries(after[section] ?? {}).map(([key, entity]) => {
        const one = { ...entity, uncertain: before[section]?.[key]?.uncertain };
        if (one.uncertain === undefined) delete one.uncertain;
        return [key, one] as const;
      });
    return Object.fromEntries(Object.keys(after).map((section) => [section, Object.fromEntries(unmarked(section))]));
  }

  const random = (count: number, options: Partial<EventOptions> = {}) =>
    randomEvents({ seed: 11, count, execution: 'both', hour: 1, ...options });

  test('equals the state that the relay had, at 50 random moments', async () => {
    await start();
    const states = await record([...random(3000, { numbered: true }), ...random(3000, { seed: 12, hour: 2, numbered: true })], 50);

    const history = await load();

    expect(compare(history, states)).toBeGreaterThanOrEqual(45);
    expect(history.length).toBeGreaterThan(6000);
    // Numbers that are missing, and those that begin again.
    expect(new Set(history.allGaps.map(({ gap }) => gap.cause))).toContain('publisher_gap');
    expect(history.uncertain.length).toBeGreaterThan(0);
  });

  test('equals it after a base that has moved with the journal, and with entities that were evicted', async () => {
    await start({ CECELIA_JOURNAL_EVENTS: '2048', CECELIA_STATE_ENTITIES: '25' });
    const states = await record(random(8000), 100);

    const history = await load();

    expect(history.length).toBeGreaterThanOrEqual(1400);
    expect(history.length).toBeLessThanOrEqual(2048);
    expect(compare(history, states)).toBeGreaterThanOrEqual(12);
    history.seekIndex(0);
    expect([...history.sections.tasks].length + [...history.sections.nodes].length).toBeGreaterThan(5);
  });

  test('begins later if the page has room for fewer events', async () => {
    await start({ CECELIA_JOURNAL_EVENTS: '4096' });
    const states = await record(random(6000, { seed: 3 }), 60);

    const few = await load({ maxEvents: 2500 });
    const small = await load({ maxSize: Math.floor(JSON.stringify(await readState()).length * 1.5) });

    expect(few.length).toBeLessThanOrEqual(2500);
    expect(compare(few, states)).toBeGreaterThan(5);
    expect(small.length).toBeLessThan(4096);
    await expect(load({ maxEvents: 10 })).rejects.toMatchObject({ reason: 'too_large' });
  });

  test('has the part that a filter or a token selects', async () => {
    const issuer = new TokenIssuer();
    stops.unshift(() => issuer.dispose());
    await start({ ...issuer.settings, CECELIA_JOURNAL_EVENTS: '2048' });
    headers = { authorization: `Bearer ${issuer.issue({ role: 'read' })}` };
    const filter: RelayFilter = { execution: 'e1' };
    const states = await record(random(6000, { seed: 4, execution: 'envelope' }), 60, '?execution=e1');

    const filtered = await load({ filter });
    expect(compare(filtered, states, ['executions', 'nodes'], false)).toBeGreaterThan(5);
    expect([...filtered.sections.nodes.values()].every((node) => node.execution_id === 'e1')).toBe(true);

    headers = { authorization: `Bearer ${issuer.issue({ role: 'read', executions: ['e1'] })}` };
    const limited = await load();
    expect(compare(limited, states, ['executions', 'nodes'], false)).toBeGreaterThan(5);
    expect(limited.feed.every(({ event }) => event.execution_id === 'e1')).toBe(true);
    limited.seekIndex(0);
    expect([...limited.sections.executions.keys()]).toEqual(['e1']);

    headers = {};
    await expect(load()).rejects.toMatchObject({ reason: 'token_missing', status: 401 });
  });

  test('begins at the restart of the relay', async () => {
    await start();
    const states = await record(random(500, { seed: 5 }), 3);
    await relay.stop();
    await relay.start();
    const restarted = await readState();
    states.push(...(await record(random(500, { seed: 6, hour: 2 }), 5)));

    const history = await load();

    expect(history.begin).toBeGreaterThanOrEqual(acceptedAt(states[2]?.position) ?? 0);
    expect(compare(history, states)).toBeGreaterThanOrEqual(4);
    history.seekIndex(0);
    expect(history.sections.tasks.size).toBe(restarted.tasks.length);
  });
});

/** By key, without what is ignored. */
function comparable(entities: readonly Entity[], section: SectionName): Keyed {
  const pairs = entities.map((entity): readonly [string, Readonly<Record<string, unknown>>] => {
    const group = section === 'nodes' ? entity.execution_id : section === 'agents' ? entity.project_id : undefined;
    const kept = Object.fromEntries(Object.entries(entity).filter(([name]) => !ignored.has(name)));
    return [entityKey(typeof group === 'string' ? group : undefined, entity.id), kept];
  });
  return Object.fromEntries(pairs);
}
