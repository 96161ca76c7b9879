import { expect, it } from 'vitest';
import { drawLanes, type LaneColors, type LaneDrawing, spanAt } from './draw-lanes';
import type { LaneSpan } from './lanes';

const span = (taskId: string, lane: number, from: number, to: number | null): LaneSpan => ({
  key: taskId,
  taskId,
  lane,
  from,
  to,
  outcome: to === null ? 'running' : 'done',
});

const drawing: LaneDrawing = {
  group: { executor: '', lanes: 2, hidden: 0, spans: [span('a', 0, 100, 500), span('b', 1, 0, 200), span('c', 1, 700, null)] },
  from: 0,
  to: 1000,
  width: 100,
  laneHeight: 20,
  tickMs: 500,
  unknown: [[200, 300]],
  isFaded: ({ taskId }) => taskId === 'b',
  knownUntil: () => 900,
};
const colors: LaneColors = {
  bars: { waiting: 'w', running: 'run', done: 'done', failed: 'f', paused: 'p', stopped: 's', other: 'o' },
  faded: 'faded',
  line: 'line',
  hatch: 'hatch',
};

/** Records the rectangles of the bars and the clipped, hatched areas. */
function recorded(): { context: CanvasRenderingContext2D; bars: unknown[]; areas: unknown[] } {
  const bars: unknown[] = [];
  const areas: unknown[] = [];
  const nothing = () => undefined;
  const context = {
    fillStyle: '',
    fillRect(...box: number[]) {
      if (this.fillStyle !== 'line') bars.push([this.fillStyle, ...box]);
    },
    rect: (...box: number[]) => areas.push(box),
    ...Object.fromEntries(
      ['clearRect', 'save', 'restore', 'beginPath', 'clip', 'moveTo', 'lineTo', 'stroke'].map((name) => [name, nothing]),
    ),
  };
  return { context: context as unknown as CanvasRenderingContext2D, bars, areas };
}

it('draws each run in its lane, others faded, and hatches what is unknown', () => {
  const { context, bars, areas } = recorded();
  drawLanes(context, drawing, colors);
  expect(bars).toEqual([
    ['done', 10, 2, 39, 15],
    ['faded', 0, 22, 19, 15],
    ['run', 70, 22, 19, 15],
  ]);
  expect(areas).toEqual([
    [90, 22, 10, 15],
    [20, 0, 10, 40],
  ]);
});

it('finds the run at a point', () => {
  expect([spanAt(drawing, 20, 5)?.taskId, spanAt(drawing, 20, 25)?.taskId, spanAt(drawing, 95, 25)?.taskId]).toEqual(['a', 'b', 'c']);
  expect([spanAt(drawing, 60, 5), spanAt(drawing, 52, 5)?.taskId]).toEqual([null, 'a']);
});
