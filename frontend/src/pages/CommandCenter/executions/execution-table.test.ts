import type { TaskEntity } from 'cecelia-client';
import { describe, expect, it } from 'vitest';
import type { ExecutionSummary } from './execution-list';
import { executionTable, type ExecutionQuery, nextSort, sortOf, sortText } from './execution-table';
import { tasksByExecution } from './execution-tasks';

const now = 100_000;
const all: ExecutionQuery = { search: '', group: null, sort: null };

function summary(id: string, more: Partial<ExecutionSummary> = {}): ExecutionSummary {
  return {
    id,
    status: 'completed',
    isUncertain: false,
    project: undefined,
    message: undefined,
    progress: undefined,
    startedAt: null,
    endedAt: null,
    durationMs: null,
    lastUpdatedAt: 0,
    nodes: 0,
    nodesDone: 0,
    nodesFailed: 0,
    isWaiting: false,
    tokens: undefined,
    ...more,
  };
}

const task = (id: string, title: string, more: object): TaskEntity => ({
  id,
  data: { title },
  timestamp: '2026-02-06T08:30:00Z',
  received: '2026-02-06T08:30:00Z',
  ...more,
});

const ids = (executions: readonly ExecutionSummary[], query: Partial<ExecutionQuery>) =>
  executionTable(executions, new Map(), { ...all, ...query }, now).rows.map(({ summary: { id } }) => id);

describe('executionTable', () => {
  it('lists what waits for input apart from what runs', () => {
    const executions = [summary('runs', { status: 'running' }), summary('waits', { status: 'running', isWaiting: true })];
    expect(ids(executions, { group: 'running' })).toEqual(['runs']);
    expect(ids(executions, { group: 'paused' })).toEqual(['waits']);
  });

  it('has unknown values last in both directions', () => {
    const executions = [summary('unknown'), summary('late', { startedAt: 30 }), summary('early', { startedAt: 10 })];
    expect(ids(executions, { sort: { column: 'started', descending: false } })).toEqual(['early', 'late', 'unknown']);
    expect(ids(executions, { sort: { column: 'started', descending: true } })).toEqual(['late', 'early', 'unknown']);
  });

  it('sorts a running execution by its time until now', () => {
    const executions = [
      summary('short', { durationMs: 5000 }),
      summary('running', { status: 'running', startedAt: now - 7000 }),
      summary('uncertain', { status: 'running', startedAt: 0, isUncertain: true }),
      summary('long', { durationMs: 9000 }),
    ];
    expect(ids(executions, { sort: { column: 'duration', descending: true } })).toEqual(['long', 'running', 'short', 'uncertain']);
  });

  it('sorts numbers in ids by their value', () => {
    expect(ids([summary('run-10'), summary('run-9')], { sort: { column: 'name', descending: false } })).toEqual(['run-9', 'run-10']);
  });

  it('counts the groups of what the search finds, whichever group is shown', () => {
    const executions = [
      summary('a', { status: 'running' }),
      summary('b', { status: 'running', isUncertain: true }),
      summary('c', { message: 'A word' }),
    ];
    const { rows, counts } = executionTable(executions, new Map(), { ...all, group: 'running' }, now);
    expect(rows.map(({ summary: { id } }) => id)).toEqual(['a']);
    expect([...counts]).toEqual([
      ['running', 1],
      ['uncertain', 1],
      ['done', 1],
    ]);
    expect(executionTable(executions, new Map(), { ...all, search: 'WORD' }, now).counts).toEqual(new Map([['done', 1]]));
  });

  it('finds an execution by the title of its task', () => {
    const tasks = tasksByExecution(
      new Map([
        ['t1', task('t1', 'Write a dialogue', { data: { title: 'Write a dialogue', runId: 'r1' } })],
        ['t2', task('t2', '写一段对话', { execution_id: 'r2' })],
      ]),
    );
    const executions = [summary('r1'), summary('r2')];
    const found = (search: string) => executionTable(executions, tasks, { ...all, search }, now).rows.map(({ summary: { id } }) => id);
    expect([found('dialogue'), found('对话')]).toEqual([['r1'], ['r2']]);
  });
});

describe('nextSort', () => {
  it('sorts numbers from the largest, then from the smallest, then not', () => {
    const first = nextSort(null, 'started');
    const second = nextSort(first, 'started');
    expect([first, second, nextSort(second, 'started')]).toEqual([
      { column: 'started', descending: true },
      { column: 'started', descending: false },
      null,
    ]);
    expect(nextSort(first, 'name')).toEqual({ column: 'name', descending: false });
  });
});

it('a sort is in the address as a column with its direction', () => {
  for (const text of ['', 'name', '-started']) expect(sortText(sortOf(text))).toBe(text);
  expect(sortOf('-nothing')).toBeNull();
});
