import type { InboundMessage } from 'cecelia-client';
import { describe, expect, it } from 'vitest';
import { live } from '../../../../tests/fakes/fake-connection';
import { LiveStateFixture } from '../../../../tests/fakes/live-state-fixture';
import { at, created, gap, hello, snapshot, task } from '../../../../tests/fakes/made-messages';
import { TaskColumns } from '../board/task-columns';
import { OverviewModel } from './overview-model';

/** A live page at the second `now` of the tests' timeline. */
class Page {
  readonly fixture = new LiveStateFixture();
  readonly view = this.fixture.viewOf();
  readonly columns: TaskColumns;
  readonly model: OverviewModel;

  constructor(project: string | null = null) {
    this.columns = new TaskColumns(this.view);
    this.columns.filter(project, '');
    this.model = new OverviewModel(this.view, this.fixture.connection, this.columns, project);
    this.fixture.connection.changeState(live);
    this.fixture.connection.receive(hello({ silentAfterMs: 60_000 }));
  }

  at(second: number): this {
    this.fixture.now = Date.parse(at(second));
    return this;
  }

  receive(...messages: readonly InboundMessage[]): this {
    this.fixture.connection.receive(...messages);
    this.view.flush();
    return this;
  }

  read(seenAt = 0) {
    return this.model.read(this.fixture.now, seenAt);
  }

  kinds(seenAt = 0): string[] {
    return this.read(seenAt).situation.parts.map(({ kind }) => kind);
  }
}

const event = (name: string, taskId: string, second: number, data: object = {}) => ({
  ...created(taskId, second, data),
  event: `task:${name}` as 'task:created',
});
const failed = (taskId: string, second: number, data: object = {}) => event('failed', taskId, second, { error: 'No disk', ...data });

describe('OverviewModel', () => {
  it('waits for data, and is well with complete and current data', () => {
    const page = new Page();
    expect(page.read()).toMatchObject({ hasState: false, situation: { tone: 'unknown', detail: null } });
    page.receive(snapshot({ tasks: [task('t1', { status: 'completed' })] }));
    expect(page.read()).toMatchObject({ hasState: true, situation: { tone: 'good' } });
    page.fixture.connection.changeState({ status: 'degraded', attempts: 0, lastConnected: 0, asOf: Date.parse(at(0)), reason: '' });
    expect(page.kinds()).toEqual(['degraded']);
  });

  it('has equal numbers in all its parts', () => {
    const page = new Page().receive(snapshot());
    page.receive(failed('t1', 0), failed('t2', 0, { error: 'No net' }), event('created', 't3', 0), event('started', 't4', 0));
    const { counts, failures, queue, running, situation } = page.at(1).read();
    expect(counts).toEqual({ running: 1, queued: 1, completed: 0, failed: 2 });
    expect([failures.count, failures.groups.length, queue.total, running.total]).toEqual([2, 2, 1, 1]);
    expect(situation.parts).toMatchObject([{ kind: 'failures', count: 2 }]);
    expect(situation.detail).toMatchObject({ running: 1, queued: 1 });
  });

  it('reports new failures by project, until they were seen or are old', () => {
    const page = new Page().receive(snapshot());
    page.receive(failed('t1', 10, { project_id: 'billing' }), failed('t2', 20, { project_id: 'billing' }));
    const { parts } = page.at(30).read().situation;
    expect(parts).toEqual([
      { kind: 'failures', count: 2, since: Date.parse(at(10)), projects: [{ project: 'billing', count: 2 }], others: 0 },
    ]);
    expect(page.at(40).kinds(Date.parse(at(30)))).toEqual(['well']);
    expect(page.kinds(Date.parse(at(15)))).toEqual(['failures']);
    expect(page.at(10 + 700).kinds()).toEqual(['well']);
  });

  it('counts a failed execution once, and not if its task has failed', () => {
    const page = new Page().receive(snapshot());
    page.receive(
      failed('t1', 0, { execution_id: 'e1' }),
      { event: 'execution:failed', data: { status: 'failed', error: 'No disk' }, execution_id: 'e1', timestamp: at(0) },
      { event: 'execution:failed', data: { status: 'failed', error: 'No node' }, execution_id: 'e2', timestamp: at(0) },
    );
    const { failures, failuresNotHeld } = page.at(1).read();
    expect(failures.groups.map(({ newest }) => newest[0]?.id).sort()).toEqual(['e2', 't1']);
    expect(failuresNotHeld).toBe(0);
  });

  it('is uncertain after a gap until each task has an event', () => {
    const page = new Page().receive(snapshot(), event('started', 't1', 0));
    page.at(10).receive(gap(3, 'redis_lost'));
    expect(page.kinds()).toEqual(['uncertain', 'gap']);
    page.at(20).receive(event('progress', 't1', 20));
    expect(page.kinds()).toEqual(['gap']);
    page.at(11).receive(gap(3, 'slow_client'));
    expect(page.at(10 + 601).kinds()).not.toContain('gap');
  });

  it('lists the oldest queued task first, and counts long waits', () => {
    const page = new Page().receive(snapshot());
    page.receive(event('created', 'new', 290), event('created', 'old', 0));
    const { queue, situation } = page.at(310).read();
    expect(queue).toMatchObject({ total: 2, long: 1, oldest: Date.parse(at(0)) });
    expect(queue.tasks.map(({ id }) => id)).toEqual(['old', 'new']);
    expect(situation.parts).toEqual([{ kind: 'long-wait', forMs: 310_000 }]);
  });

  it('lists silent tasks first', () => {
    const page = new Page().receive(snapshot());
    page.receive(event('started', 't1', 0), event('started', 't2', 0));
    page.at(50).receive(event('progress', 't1', 50));
    const { running, silent } = page.at(70).read();
    expect([silent, running.tasks.map(({ id }) => id)]).toEqual([1, ['t2', 't1']]);
    expect(page.kinds()).toEqual(['silent-tasks']);
  });

  it('finds executions that wait for input, by their status or that of a node', () => {
    const page = new Page().receive(snapshot());
    page.receive(
      { event: 'execution:started', data: { status: 'waiting_for_input' }, execution_id: 'e1', timestamp: at(0) },
      { event: 'execution:started', data: { status: 'running' }, execution_id: 'e2', timestamp: at(0) },
      {
        event: 'node_state_change',
        data: { status: 'waiting', question: 'Which one?' },
        execution_id: 'e2',
        node_id: 'ask',
        timestamp: at(0),
      },
      // Not started yet.
      { event: 'execution:started', data: { status: 'running' }, execution_id: 'e3', timestamp: at(0) },
      { event: 'node_state_change', data: { status: 'waiting' }, execution_id: 'e3', node_id: 'later', timestamp: at(0) },
    );
    expect(page.at(1).read().situation.parts).toEqual([{ kind: 'input', ids: ['e1', 'e2'] }]);
    // The answers may have been missed.
    page.receive(gap(3, 'redis_lost'));
    expect(page.at(8).read().situation.parts).not.toContainEqual(expect.objectContaining({ kind: 'input' }));
  });

  it('changes its sentence at most every three seconds, unless it becomes better or worse', () => {
    const page = new Page().receive(snapshot(), failed('t1', 0));
    expect(page.at(1).read().situation.parts).toMatchObject([{ count: 1 }]);
    page.receive(failed('t2', 1));
    expect(page.at(2).read().situation.parts).toMatchObject([{ count: 1 }]);
    expect(page.at(4).read().situation.parts).toMatchObject([{ count: 2 }]);
    expect(page.at(5).kinds(Date.parse(at(5)))).toEqual(['well']);
  });
});
