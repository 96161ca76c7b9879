import type { TaskEntity } from 'cecelia-client';
import { describe, expect, it } from 'vitest';
import { mixedStatus, TaskColumns } from './task-columns';

const start = Date.parse('2026-02-06T08:30:00Z');
const iso = (second: number) => new Date(start + second * 1000).toISOString();

function task(id: string, status: string | undefined, second: number, more: Partial<TaskEntity> = {}): TaskEntity {
  const at = iso(second);
  const changes = [{ event: `task:${status ?? 'x'}`, ...(status !== undefined && { status }), timestamp: at, received: at }];
  return { id, ...(status !== undefined && { status }), timestamp: at, received: at, changes, ...more };
}

function board(...tasks: TaskEntity[]) {
  const dropped = new Map<string, number>();
  const map = new Map(tasks.map((one) => [one.id, one]));
  let version = 1;
  const empty = new Map<string, never>();
  const sections = { tasks: map, executor: empty, executions: empty, nodes: empty, agents: empty, projects: empty };
  const columns = new TaskColumns({ sections, version: () => version, dropped: () => dropped });
  columns.sync();
  return {
    columns,
    dropped,
    set: (...changed: TaskEntity[]) => {
      for (const one of changed) map.set(one.id, one);
      version++;
      columns.sync();
    },
    remove: (id: string) => {
      map.delete(id);
      version++;
      columns.sync();
    },
    ids: (status: string) => columns.columns.find((column) => column.status === status)?.entries.map((entry) => entry.task.id),
  };
}

describe('TaskColumns', () => {
  it('has the default columns in order, even without tasks', () => {
    expect(board().columns.columns.map((column) => column.status)).toEqual(['queued', 'running', 'completed', 'failed']);
  });

  it('includes tasks not held by this page in the totals, except during a search', () => {
    const { columns, dropped, set } = board(task('a', 'completed', 1));
    dropped.set('completed', 7).set('skipped', 2);
    set(task('b', 'completed', 2));
    expect([columns.column('completed').total, columns.size, columns.total]).toEqual([9, 2, 11]);
    expect(columns.columns.map(({ status }) => status)).toContain('skipped');
    columns.filter(null, 'b');
    columns.sync();
    expect([columns.size, columns.total]).toEqual([1, 1]);
  });

  it('orders waiting tasks by arrival and finished tasks newest first', () => {
    const { ids } = board(task('b', 'queued', 2), task('a', 'queued', 1), task('old', 'completed', 1), task('new', 'completed', 9));
    expect(ids('queued')).toEqual(['a', 'b']);
    expect(ids('completed')).toEqual(['new', 'old']);
  });

  it('keeps the position of a task on progress', () => {
    const { columns, ids, set } = board(task('a', 'running', 1), task('b', 'running', 2));
    const entry = columns.column('running').entries[0];
    const later = task('a', 'running', 1, { progress: 90, timestamp: iso(50) });
    set(later);
    expect(ids('running')).toEqual(['a', 'b']);
    expect(columns.column('running').entries[0]).toBe(entry);
    expect(entry?.task).toBe(later);
  });

  it('moves a task when its status changes, without changing other columns', () => {
    const { columns, ids, set } = board(task('a', 'running', 1), task('b', 'running', 2), task('c', 'queued', 3));
    const queued = columns.column('queued').version;
    set(task('a', 'failed', 5));
    expect([ids('running'), ids('failed')]).toEqual([['b'], ['a']]);
    expect(columns.column('queued').version).toBe(queued);
  });

  it('appends a lasting column for any other status', () => {
    const { columns, set } = board(task('a', 'in_review', 1), task('b', undefined, 1));
    expect(columns.columns.map((column) => column.status).slice(4)).toEqual(['in_review', '']);
    set(task('a', 'running', 2));
    expect(columns.columns.map((column) => column.status)).toContain('in_review');
  });

  it('has one column for the tasks of further statuses, however many there are', () => {
    const many = Array.from({ length: 500 }, (_, at) => task(`t${at}`, `step ${at}`, at));
    const { columns, ids, set, dropped } = board(...many, task('known', 'cancelled', 1));
    expect(columns.columns.length).toBe(4 + 20 + 1 + 1);
    expect(columns.columns.map(({ status }) => status)).toContain('cancelled');
    expect([ids(mixedStatus)?.length, columns.size]).toEqual([480, 501]);

    set(task('t499', 'step 1', 600));
    set(task('t498', 'step 3000', 600));
    expect([ids('step 1'), ids(mixedStatus)?.length]).toEqual([['t1', 't499'], 479]);
    dropped.set('step 77', 2).set('step 78', 3);
    set(task('t0', 'running', 601));
    expect(columns.columns.find(({ status }) => status === mixedStatus)?.total).toBe(484);
  });

  it('removes deleted tasks', () => {
    const { ids, remove } = board(task('a', 'running', 1), task('b', 'running', 2));
    remove('a');
    expect(ids('running')).toEqual(['b']);
  });

  it('removes a task that no longer passes the filter, and adds it back', () => {
    const { columns, ids, set } = board(task('a', 'running', 1, { project_id: 'p1' }), task('b', 'running', 2, { project_id: 'p2' }));
    columns.filter('p1', '');
    columns.sync();
    expect(ids('running')).toEqual(['a']);
    set(task('a', 'running', 1, { project_id: 'p2' }));
    expect(ids('running')).toEqual([]);
    set(task('a', 'running', 1, { project_id: 'p1' }));
    expect(ids('running')).toEqual(['a']);
  });

  it('searches titles, ids and errors case-insensitively', () => {
    const { columns, ids } = board(
      task('t1', 'failed', 1, { data: { title: 'Index the wiki' } }),
      task('t2', 'failed', 2, { data: { error: 'Timeout of the WIKI' } }),
      task('t3', 'failed', 3),
    );
    columns.filter(null, ' Wiki ');
    columns.sync();
    expect(ids('failed')).toEqual(['t2', 't1']);
  });

  it('orders uncertain tasks last, counts them separately, and restores them on update', () => {
    const { columns, ids, set } = board(task('a', 'running', 1), task('b', 'running', 2), task('c', 'completed', 3));
    set(task('a', 'running', 1, { uncertain: true }), task('c', 'completed', 3, { uncertain: true }));
    const { running, completed } = { running: columns.column('running'), completed: columns.column('completed') };
    expect([ids('running'), running.uncertain, completed.uncertain]).toEqual([['b', 'a'], 1, 0]);
    set(task('a', 'running', 1));
    expect([ids('running'), running.uncertain]).toEqual([['a', 'b'], 0]);
    set(...Array.from({ length: 50 }, (_, at) => task(`u${at}`, 'running', 10)));
    set(...Array.from({ length: 50 }, (_, at) => task(`u${at}`, 'running', 10, { uncertain: at % 2 === 0 })));
    expect([running.entries.length, running.uncertain, running.entries.slice(27).every((entry) => entry.task.uncertain)]).toEqual([
      52,
      25,
      true,
    ]);
    set(...Array.from({ length: 50 }, (_, at) => task(`u${at}`, 'failed', 20)));
    expect([ids('running'), running.uncertain]).toEqual([['a', 'b'], 0]);
  });

  it('has the same order for tasks added one by one or all at once', () => {
    const statuses = ['queued', 'running', 'completed', 'failed'];
    const tasks = Array.from({ length: 400 }, (_, at) => task(`t${(at * 131) % 400}`, statuses[at % 4], (at * 37) % 90));
    const atOnce = board(...tasks);
    const oneByOne = board();
    for (const one of tasks) oneByOne.set(one);
    for (const status of statuses) expect(oneByOne.ids(status)).toEqual(atOnce.ids(status));
    expect(atOnce.columns.size).toBe(400);
  });
});
