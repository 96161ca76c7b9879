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
  gap: 2,
  tickMs: 500,
  unknown: [[200, 300]],
  isFaded: ({ taskId }) => taskId === 'b',
  knownUntil: () => 900,
  labels: null,
};
const colors: LaneColors = {
  bars: { waiting: 'w', running: 'run', done: 'done', failed: 'f', paused: 'p', stopped: 's', other: 'o' },
  faded: 'faded',
  line: 'line',
  hatch: 'hatch',
  label: 'label',
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

it('writes into the bars what has room, and nothing into those of other projects', () => {
  const { context } = recorded();
  const texts: unknown[] = [];
  Object.assign(context, {
    measureText: (text: string) => ({ width: 5 * Array.from(text).length }),
    fillText: (...text: unknown[]) => texts.push([context.fillStyle, ...text]),
  });
  const written = (sizePx: number, a: string, c: string) => {
    texts.length = 0;
    const of = ({ taskId }: LaneSpan) => (taskId === 'a' ? a : c);
    drawLanes(context, { ...drawing, labels: { font: `${sizePx}px x`, sizePx, of } }, colors);
    return texts;
  };
  // Bars of 40 and 20 by 15. A character is 5 wide, and 0.4 of the size is free on either side.
  expect(written(10, '𠮷𠮷𠮷𠮷𠮷𠮷 a', 'c')).toEqual([['label', '𠮷𠮷𠮷𠮷𠮷…', 14, 9.5]]);
  expect(written(5, '𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷 a', 'cc')).toEqual([
    ['label', '𠮷𠮷𠮷𠮷𠮷𠮷𠮷', 12, 6.625],
    ['label', '𠮷 a', 12, 12.375],
    ['label', 'cc', 72, 29.5],
  ]);
  expect(written(5, 'ab cdefg hijklmn', '').slice(0, 2)).toEqual([
    ['label', 'ab', 12, 6.625],
    ['label', 'cdefg…', 12, 12.375],
  ]);
  expect(written(14, 'x', 'x')).toEqual([]);
});

it('finds the run at a point', () => {
  expect([spanAt(drawing, 20, 5)?.taskId, spanAt(drawing, 20, 25)?.taskId, spanAt(drawing, 95, 25)?.taskId]).toEqual(['a', 'b', 'c']);
  expect([spanAt(drawing, 60, 5), spanAt(drawing, 52, 5)?.taskId]).toEqual([null, 'a']);
});
