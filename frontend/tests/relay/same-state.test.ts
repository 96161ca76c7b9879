import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { WebSocketClass } from '../../src/services/connector';
import type { RelayFilter } from '../../src/services/relay-url';
import { RelayClient } from '../../src/services/relay-client';
import { LiveState } from '../../src/state/live-state';
import { entityKey, type SectionName } from '../../src/state/live-view';
import { until } from '../browser/programs';
import { RedisServer, RelayServer } from '../browser/servers';
import { times } from '../../test-limits';
import { type PublishedEvent, randomEvents } from './random-events';

type Entity = Readonly<Record<string, unknown>> & { readonly id: string };

const sections = ['tasks', 'executor', 'executions', 'nodes', 'agents', 'projects'] as const satisfies readonly SectionName[];
/** What cannot be the same: when it came, and `truncated`, which goes by sizes as the publisher wrote them. */
const untold: ReadonlySet<string> = new Set(['received', 'truncated']);

describe.skipIf(process.env.RELAY === undefined)('The state in the page beside that of the relay (RELAY must name it)', () => {
  let redis: RedisServer;
  let relay: RelayServer;
  const clients: RelayClient[] = [];

  beforeAll(async () => {
    redis = await RedisServer.start();
    relay = await RelayServer.start(redis);
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });
  afterAll(async () => {
    await relay.stop();
    await redis.stop();
  });

  /** A page that is connected, and has the state. */
  async function open(filter: RelayFilter = {}): Promise<LiveState> {
    const client = new RelayClient({ url: `${relay.origin}/ws`, WebSocket: WebSocket as unknown as WebSocketClass, filter });
    clients.push(client);
    const view = new LiveState(client, { filter });
    client.connect();
    await until(
      () => client.state.status === 'live' && view.hasState,
      () => `a client with the state, but it is ${JSON.stringify(client.state)}`,
    );
    return view;
  }

  /** Publishes the events, and waits until the views have all of them. */
  async function publish(events: readonly PublishedEvent[], ...views: readonly LiveState[]): Promise<void> {
    const mark = Math.random();
    await redis.publish(...events, { event: 'log', data: { mark }, execution_id: 'e1' });
    await until(
      () => views.every((view) => view.feed.at(-1)?.event.data.mark === mark),
      () => 'all events in the page',
    );
    expect(await relay.get('/api/v1/refused')).toMatchObject({ kept: [] });
  }

  async function expectSame(
    views: Readonly<Record<string, LiveState>>,
    compared: readonly SectionName[] = sections,
    query = '',
  ): Promise<void> {
    const state = await relay.get<Readonly<Record<SectionName, readonly Entity[]>>>(`/api/v1/state${query}`);
    for (const [name, view] of Object.entries(views)) {
      for (const section of compared) {
        const here = [...view.sections[section].values()] as unknown as Entity[];
        expect(comparable(here, section), `${section} of the ${name} page`).toEqual(comparable(state[section], section));
      }
    }
  }

  test('reduces random events to the same, whenever the page came', async () => {
    const runs = times(8);
    const met = new Set<SectionName>();
    let hour = 0;
    // What fails is shrunk to the shortest beginning of the same events that does, and to the earliest cut.
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 2 ** 31 }),
        fc.noBias(fc.integer({ min: 1, max: 4000 })),
        fc.noBias(fc.integer({ min: 0, max: 100 })),
        async (seed, count, percent) => {
          const events = randomEvents({ seed, count, execution: 'data', hour: ++hour });
          const cut = Math.floor((count * percent) / 100);
          const early = await open();
          await publish(events.slice(0, cut), early);
          const middle = await open();
          await publish(events.slice(cut), early, middle);
          const late = await open();
          // Its snapshot may be some events older than the state, which then follow.
          await publish([], early, middle, late);

          await expectSame({ early, middle, late });
          for (const section of sections) if (early.sections[section].size > 0) met.add(section);
          for (const client of clients.splice(0)) client.close();
        },
      ),
      { numRuns: runs },
    );
    expect([...met].sort()).toEqual([...sections].sort());
  });

  test('files events under the one execution that the page asks for, where they do not say which', async () => {
    const events = randomEvents({ seed: 5, count: 4000, execution: 'envelope', hour: 10_000 });
    const page = await open({ execution: 'e1' });
    await publish(events, page);

    // A task that has gone over to another execution is gone for the relay, and the page is not notified.
    await expectSame({ early: page }, ['executions', 'nodes'], '?execution=e1');
    expect(page.sections.nodes.size).toBeGreaterThan(3);
  });

  test('goes by the executions, sources and numbers of the envelope', async () => {
    const page = await open();
    await publish(randomEvents({ seed: 6, count: 4000, execution: 'both', hour: 10_001, numbered: true }), page);

    // Holes in the numbers are gaps, which make entities uncertain here and there.
    expect(page.gaps.length).toBeGreaterThan(0);
    await expectSame({ early: page });
  });

  test('goes by the ids that the relay used, however numbers are written', async () => {
    const page = await open();
    const ids = ['9007199254740993', '9007199254740992', '9007199254740994.0', '7.0', '1e3', '-0', '0', '18446744073709551617'];
    const raw = ids.flatMap((id) => [
      `{"event":"task_updated","data":{"id":${id},"status":"running","project_id":${id}}}`,
      `{"event":"node_state_change","data":{"node_id":${id},"executionId":${id},"status":"running"}}`,
      `{"event":"node:parallel_start","data":{"node_ids":[${id}]},"execution_id":"e2"}`,
      `{"event":"agent_spawned","data":{"id":${id},"status":"running"}}`,
    ]);
    raw.push('{"event":"task_status_changed","data":{"id":9007199254740993,"status":"completed"}}');
    // As text: a number that JavaScript has read is another one already.
    await redis.publishText(...raw.map((text) => text.replace('{', `{"timestamp":"${new Date().toISOString()}",`)));
    await publish([], page);

    await expectSame({ early: page });
    expect(page.sections.tasks.get('9007199254740993')?.status).toBe('completed');
    expect(page.sections.tasks.get('9007199254740992')?.status).toBe('running');
    expect(page.sections.tasks.has('7')).toBe(false);
  });

  test('has what is not dated in the order in which it came', async () => {
    const page = await open();
    const of = (event: string, taskId: string): PublishedEvent => ({ event, timestamp: undefined, data: { taskId } });
    await publish([of('task:created', 'u1'), of('task:created', 'u2'), of('task:started', 'u1'), of('task:failed', 'u2')], page);
    await publish([of('task:progress', 'u2'), of('task:completed', 'u1')], page);

    expect(page.sections.tasks.get('u1')).toMatchObject({ status: 'completed' });
    expect(page.sections.tasks.get('u2')).toMatchObject({ status: 'failed' });
  });
});

/** By key, without what cannot be the same. */
function comparable(entities: readonly Entity[], section: SectionName): Readonly<Record<string, unknown>> {
  const pairs = entities.map((entity): readonly [string, unknown] => {
    const { changes, ...rest } = entity;
    const group = section === 'nodes' ? entity.execution_id : section === 'agents' ? entity.project_id : undefined;
    const told = Array.isArray(changes) ? { ...rest, changes: changes.map(withoutUntold) } : rest;
    return [entityKey(typeof group === 'string' ? group : undefined, entity.id), withoutUntold(told)];
  });
  return Object.fromEntries(pairs);
}

function withoutUntold(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !untold.has(name)));
}
