import { expect, it } from 'vitest';
import { live } from '../../../../tests/fakes/fake-connection';
import { LiveStateFixture } from '../../../../tests/fakes/live-state-fixture';
import { at, created, gap, snapshot } from '../../../../tests/fakes/made-messages';
import { TaskColumns } from '../board/task-columns';
import { SlotHistoryModel } from './slot-history';

it('frees the lane of a run that is uncertain after a gap', () => {
  const fixture = new LiveStateFixture();
  const view = fixture.viewOf();
  const { connection } = fixture;
  connection.changeState(live);
  const started = (id: string, second: number) => ({ ...created(id, second, { status: 'running' }) });
  connection.receive(snapshot(), started('lost', 0), gap(3, 'redis_lost'));
  view.flush();
  fixture.now += 60_000;
  connection.receive(started('known', 60));
  view.flush();
  const { groups } = new SlotHistoryModel(view, connection, new TaskColumns(view)).read(Date.parse(at(90)), 300_000);
  expect(groups[0]?.spans.map(({ taskId, lane, to }) => [taskId, lane, to])).toEqual([
    ['lost', 0, Date.parse(at(0))],
    ['known', 0, null],
  ]);
});
