/** Numbers that are the same for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export interface PublishedEvent {
  readonly [field: string]: unknown;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface EventOptions {
  readonly seed: number;
  readonly count: number;
  /** When they happen, in hours: events of another call about the same entities are then all earlier or all later. */
  readonly hour: number;
  /** Where an event says which execution it belongs to. */
  readonly execution: 'data' | 'envelope' | 'both';
  /** Whether events have the name of their publisher, and a number. */
  readonly numbered?: boolean;
}

/**
 * Valid events of every kind, about few things, so that they meet: late ones and early ones, ends and new beginnings, deletions and resets, ids that are
 * missing or numbers, values that are null or of a strange type, unknown names, texts and data too large to be kept whole.
 */
export function randomEvents({ seed, count, execution, hour, numbered = false }: EventOptions): PublishedEvent[] {
  const random = randomOf(seed);
  const below = (n: number) => Math.floor(random() * n);
  const chance = (p: number) => random() < p;
  const oneOf = <T>(...values: readonly T[]): T => values[below(values.length)] as T;
  const maybe = <T>(p: number, value: () => T): T | undefined => (chance(p) ? value() : undefined);
  const start = Date.parse('2026-02-06T08:30:00.000Z') + hour * 3_600_000;
  const numbers = new Map<string, number>();
  let now = start;

  const time = () => {
    now += chance(0.2) ? 0 : below(40);
    const ms = chance(0.2) ? now - below(2000) : now;
    const iso = new Date(ms).toISOString();
    return oneOf(
      iso,
      iso,
      iso,
      iso.slice(0, -1),
      iso.replace('T', ' '),
      iso.replace('Z', '456Z'),
      new Date(ms + 7_200_000).toISOString().replace('Z', '+02:00'),
      new Date(ms - 19_800_000).toISOString().replace('Z', '-05:30'),
    );
  };
  const text = () => oneOf('ok', 'größer', '进度', '😀 done', 'a "quoted" \\ line\n', '\u0001', '', 'x'.repeat(below(40)));
  const anything = (): unknown => oneOf<unknown>(null, 1, 1.5, -3, true, text(), [1, 'two', null], { a: { b: text() } }, '');
  const taskStatus = () => oneOf('queued', 'running', 'completed', 'failed');
  const anyStatus = () =>
    oneOf<unknown>(
      'queued',
      'running',
      'completed',
      'failed',
      'cancelled',
      'done',
      'skipped',
      'paused',
      'blocked',
      '',
      null,
      7,
      'x'.repeat(129),
      'ü'.repeat(64),
    );
  const taskId = () => `t${below(10)}`;
  const project = () => oneOf<unknown>('p1', 'p2', 3, '3');
  const node = () => oneOf('n1', 'n2', 'n3', 'n4');
  const agent = () => oneOf<unknown>('a1', 'a2', 3);
  const blob = () => (chance(0.03) ? { [`blob${below(6)}`]: 'b'.repeat(8000 + below(20_000)) } : {});
  const some = () => ({ ...(chance(0.5) ? { [`k${below(12)}`]: anything() } : {}), ...blob() });
  const piece = () =>
    oneOf(
      'token ',
      'ü',
      '😀',
      '\n',
      '"',
      '\\',
      '\u2028',
      'x'.repeat(below(3000)),
      '😀é"'.repeat(below(900)),
      chance(0.05) ? 'long'.repeat(4500) : 'end. ',
    );

  const taskData = () => ({
    taskId: taskId(),
    ...some(),
    ...optional({
      status: maybe(0.5, taskStatus),
      progress: maybe(0.6, () => oneOf<unknown>(below(101), 33.3, null)),
      runId: maybe(0.3, () => `r${below(3)}`),
    }),
  });
  const boardData = () => ({
    ...oneOf<object>(
      { id: taskId() },
      { id: taskId() },
      { id: below(5) },
      { taskId: taskId(), id: 'other' },
      { task_id: taskId() },
      { taskId: null, id: taskId() },
      {},
    ),
    ...some(),
    ...optional({ status: maybe(0.4, anyStatus), progress: maybe(0.3, () => oneOf<unknown>(below(101), '50', null)) }),
  });
  const nodeData = () => oneOf<object>({}, { node_id: node() }, { nodeId: node() }, { node_id: below(3) });
  const executionFields = () =>
    optional({
      progress: maybe(0.5, () => oneOf<unknown>(below(101), null)),
      message: maybe(0.4, () => oneOf<unknown>(text(), null)),
      result: maybe(0.3, anything),
      error: maybe(0.3, anything),
      execution_time: maybe(0.2, () => below(100) / 4),
    });
  const nodeList = () =>
    Array.from({ length: below(4) }, () =>
      oneOf<unknown>(node(), below(3), { id: node() }, { node_id: node() }, { nodeId: null, id: below(3) }, null, true, [], {}),
    );

  /** Name and data; a third member is put into the envelope. */
  const kinds: readonly (readonly [weight: number, make: () => readonly [string, object, object?]])[] = [
    [6, () => ['task:created', taskData()]],
    [6, () => ['task:started', taskData()]],
    [10, () => ['task:progress', taskData()]],
    [5, () => ['task:completed', taskData()]],
    [4, () => ['task:failed', { ...taskData(), error: text() }]],
    [3, () => ['task_created', boardData()]],
    [6, () => ['task_updated', boardData()]],
    [4, () => ['task_status_changed', boardData()]],
    [2, () => ['task_deleted', boardData()]],
    [0.3, () => ['tasks_reset', {}]],
    [5, () => ['executor:status', { activeCount: below(5), availableSlots: below(5), ...some() }]],
    [
      6,
      () => [
        'status',
        { ...optional({ status: maybe(0.7, () => oneOf('pending', 'running', 'completed', 'failed')) }), ...executionFields() },
      ],
    ],
    [
      6,
      () => [
        `execution:${oneOf('paused', 'completed', 'resumed', 'started', 'failed', 'cancelled', 'progress', 'strange', '')}`,
        { ...optional({ status: maybe(0.2, anyStatus) }), ...executionFields() },
      ],
    ],
    [6, () => ['token_usage', { ...nodeData(), prompt_tokens: below(1000), ...some() }]],
    [
      6,
      () => [
        'node_state_change',
        { ...nodeData(), ...optional({ status: maybe(0.6, anyStatus), state: maybe(0.4, anyStatus) }), ...some() },
      ],
    ],
    [
      3,
      () => [
        'node:parallel_start',
        {
          ...nodeData(),
          ...optional({
            node_ids: maybe(0.5, nodeList),
            nodes: maybe(0.4, nodeList),
            branches: maybe(0.3, () => oneOf<unknown>(nodeList(), 'n1', {})),
          }),
        },
      ],
    ],
    [
      12,
      () => [
        'token_stream',
        {
          ...nodeData(),
          [oneOf('token', 'content', 'chunk', 'text', 'delta', 'word')]: oneOf<unknown>(piece(), piece(), piece(), piece(), null, 5),
        },
      ],
    ],
    [3, () => ['error', { ...nodeData(), ...optional({ error: maybe(0.5, anything), message: maybe(0.6, text) }) }]],
    [
      3,
      () => [
        'agent_spawned',
        {
          ...oneOf<object>({ agent_id: agent() }, { agentId: agent() }, { id: agent() }, {}),
          ...some(),
          ...optional({ status: maybe(0.5, anyStatus) }),
        },
      ],
    ],
    [3, () => ['agent_status_update', { agent_id: agent(), ...some(), status: anyStatus() }]],
    [
      3,
      () => [
        'agent_messages',
        { ...oneOf<object>({ agent_id: agent() }, { agentId: agent() }, { id: agent() }), content: { text: text() } },
      ],
    ],
    [2, () => ['coordination_update', some()]],
    [2, () => ['file_locks_update', { locks: [text()] }]],
    [2, () => ['plan_generated', { plan: anything() }]],
    [2, () => ['log', { level: 'info', message: text(), taskId: taskId() }]],
    [1, () => ['notification', { title: text() }]],
    [
      4,
      () => [
        oneOf('run:status', 'run:updated', 'task:retried', 'constructor', '__proto__'),
        { ...optional({ taskId: maybe(0.8, taskId) }), ...optional({ status: maybe(0.5, anyStatus) }), ...some() },
      ],
    ],
  ];
  const weights = kinds.reduce((sum, [weight]) => sum + weight, 0);
  const pick = () => {
    let at = random() * weights;
    return kinds.find(([weight]) => (at -= weight) < 0) ?? kinds[0];
  };

  return Array.from({ length: count }, () => {
    const [name, data] = pick()?.[1]() ?? ['log', {}];
    const owner = maybe(0.8, () => `e${below(4)}`);
    const inData = owner !== undefined && (execution === 'data' || (execution === 'both' && chance(0.5)));
    const source = numbered ? oneOf('one', 'two', 'one', undefined) : undefined;
    const seq = source === undefined ? undefined : (numbers.get(source) ?? 0) + 1;
    if (source !== undefined && seq !== undefined) numbers.set(source, seq);
    return {
      event: name,
      ...optional({ type: maybe(0.2, () => name) }),
      data: {
        ...data,
        ...(inData ? oneOf<object>({ execution_id: owner }, { executionId: owner }) : {}),
        ...(chance(0.2) ? oneOf<object>({ project_id: project() }, { projectId: project() }) : {}),
      },
      timestamp: chance(0.1) ? undefined : time(),
      ...optional({
        project_id: maybe(0.5, project),
        node_id: maybe(0.5, node),
        execution_id: inData ? undefined : owner,
        source,
        seq: seq === undefined || chance(0.1) ? undefined : chance(0.1) ? Math.max(0, seq - below(6)) : seq,
      }),
    };
  });
}

/** Without the members that are not there. */
function optional(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
