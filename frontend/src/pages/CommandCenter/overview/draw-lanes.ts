import type { StatusKind } from '../../../format/status-kind';
import type { LaneSpan } from './lanes';
import type { SlotGroup } from './slot-history';

/** Colors of the lanes, resolved from the theme. */
export interface LaneColors {
  readonly bars: Readonly<Record<StatusKind, string>>;
  readonly faded: string;
  readonly line: string;
  readonly hatch: string;
}

/** What is drawn, in CSS pixels and Unix milliseconds. */
export interface LaneDrawing {
  readonly group: SlotGroup;
  readonly from: number;
  readonly to: number;
  readonly width: number;
  readonly laneHeight: number;
  /** Distance of the vertical lines, in milliseconds. */
  readonly tickMs: number;
  readonly unknown: readonly (readonly [from: number, to: number])[];
  /** Whether a run is of another project than the selected one. */
  readonly isFaded: (span: LaneSpan) => boolean;
  /** Until when it is known that an unfinished run has been running. */
  readonly knownUntil: (span: LaneSpan) => number;
}

const gap = 2;
const minWidth = 2;

/** Draws the lanes of an executor. */
export function drawLanes(context: CanvasRenderingContext2D, drawing: LaneDrawing, colors: LaneColors): void {
  const { group, from, to, width, laneHeight, tickMs, unknown, isFaded, knownUntil } = drawing;
  const height = group.lanes * laneHeight;
  const x = (at: number) => ((at - from) / (to - from)) * width;
  context.clearRect(0, 0, width, height);
  context.fillStyle = colors.line;
  for (let at = Math.ceil(from / tickMs) * tickMs; at < to; at += tickMs) context.fillRect(Math.round(x(at)), 0, 1, height);
  for (let lane = 1; lane < group.lanes; lane++) context.fillRect(0, lane * laneHeight - 1, width, 1);
  for (const span of group.spans) {
    if (span.lane === null) continue;
    const until = span.to ?? knownUntil(span);
    const left = Math.max(0, x(span.from));
    const right = Math.min(width, Math.max(left + minWidth, x(until)));
    const top = span.lane * laneHeight + gap;
    context.fillStyle = isFaded(span) ? colors.faded : colors.bars[span.outcome];
    // A gap of one pixel between a run and the next one in the lane.
    context.fillRect(left, top, Math.max(minWidth, right - left - 1), laneHeight - 2 * gap - 1);
    if (span.to === null && until < to) hatch(context, right, top, width - right, laneHeight - 2 * gap - 1, colors.hatch);
  }
  for (const [start, end] of unknown) {
    const left = Math.max(0, x(start));
    hatch(context, left, 0, Math.max(minWidth, Math.min(width, x(end)) - left), height, colors.hatch);
  }
}

function hatch(context: CanvasRenderingContext2D, left: number, top: number, width: number, height: number, color: string): void {
  if (width <= 0) return;
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.beginPath();
  // Lines at fixed places of the canvas, so that they do not move while the rectangle grows.
  for (let x = Math.floor((left - height) / 6) * 6; x < left + width; x += 6) {
    context.moveTo(x, top + height);
    context.lineTo(x + height, top);
  }
  context.strokeStyle = color;
  context.lineWidth = 1;
  context.stroke();
  context.restore();
}

/** Returns the run at a point of the drawing, with a margin for thin bars. */
export function spanAt({ group, from, to, width, laneHeight }: LaneDrawing, x: number, y: number): LaneSpan | null {
  const lane = Math.floor(y / laneHeight);
  const at = from + (x / width) * (to - from);
  const margin = (3 / width) * (to - from);
  let nearest: LaneSpan | null = null;
  for (const span of group.spans) {
    if (span.lane !== lane || at < span.from - margin || at > (span.to ?? to) + margin) continue;
    nearest = span;
    if (at >= span.from && at <= (span.to ?? to)) break;
  }
  return nearest;
}
